#pragma once

// One request and its answer over one connection: libcurl, told what it must not do. fetch.hpp says why.

#include <chrono>
#include <cstddef>
#include <string>

#include <penny/cancel.hpp>
#include <penny/error.hpp>

#include "base/clock.hpp"
#include "tools/fetch.hpp"
#include "tools/url.hpp"

namespace penny::tools {

struct Answer {
  long status = 0;
  std::string content_type;
  std::string location;  // where a redirect leads to; empty: it is none
  std::string body;
};

// `url` has been judged. With `is_private_allowed` any address will do. Blocks; errors as of `fetch`.
[[nodiscard]] Result<Answer> transfer(const Url& url, const FetchRequest& request, const FetchRules& rules,
                                      bool is_private_allowed, base::Instant deadline, const CancelToken& cancel,
                                      const Network& network);

}  // namespace penny::tools
