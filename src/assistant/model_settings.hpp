#pragma once

// Which language model answers: from the environment, else from [model] in the configuration file (docs/configuration.md).

#include <memory>
#include <optional>
#include <string>

#include <penny/error.hpp>

#include "assistant/endpoint_model.hpp"

namespace penny::assistant {

// `path`: the file; one that is missing says nothing. The environment goes before it, variable by variable: PENNY_MODEL_URL,
// PENNY_MODEL, PENNY_MODEL_KEY. Nothing: no model is configured. Blocks on the disk. Errors: `kInvalid` with file and line, or with the
// variable's name as `field`, for an address that is none, or one without the other of address and model; those of reading the file.
[[nodiscard]] Result<std::optional<EndpointSettings>> model_settings(const std::string& path);

// The endpoint's model, else the built-in responder.
[[nodiscard]] std::unique_ptr<Model> make_model(const std::optional<EndpointSettings>& settings);

}  // namespace penny::assistant
