#include "cli/reply_json.hpp"

#include <utility>

namespace penny::cli {

boost::json::object json_of(const assistant::Reply& reply) {
  boost::json::object json{{"turn", reply.turn.to_string()}, {"rev", reply.rev}, {"text", reply.text}};
  boost::json::array tools;
  for (const assistant::UsedTool& used : reply.tools)
    tools.push_back(boost::json::object{{"tool", used.tool}, {"has_succeeded", used.has_succeeded}});
  json["tools"] = std::move(tools);
  json["lessons"] = reply.lessons.size();
  json["context_us"] = reply.own_work.context.count();
  json["commit_us"] = reply.own_work.commit.count();
  if (reply.failure) {
    json["failure"] = boost::json::object{{"code", to_string(reply.failure->code)},
                                          {"reason", reply.failure->field},
                                          {"message", reply.failure->message},
                                          {"advice", reply.failure->advice}};
  }
  return json;
}

}  // namespace penny::cli
