#pragma once

// A language model behind an endpoint of the /v1/chat/completions kind.

#include <chrono>
#include <string>
#include <utility>

#include "assistant/model.hpp"

namespace penny::assistant {

struct EndpointSettings {
  std::string base_url;  // "http://127.0.0.1:11434/v1", without a slash at the end; http or https
  std::string model;     // as the server calls it
  std::string key{};     // sent as a bearer token; empty: none is sent
  std::chrono::milliseconds connect_max{5'000};
  std::chrono::milliseconds silence_max{60'000};  // between two pieces of an answer, the first one included
};

class EndpointModel : public Model {
 public:
  explicit EndpointModel(EndpointSettings settings) : settings_(std::move(settings)) {}

  [[nodiscard]] std::string name() const override { return settings_.model; }

  // Redirects are not followed: the key and what the user said go to the server that was named, and to no other.
  [[nodiscard]] Result<Answer> answer(const Question& question, const TextSink& sink, base::Instant deadline,
                                      const CancelToken& cancel) override;

 private:
  EndpointSettings settings_;
};

}  // namespace penny::assistant
