#pragma once

#include <penny/store.hpp>

#include "proof/histories/history.hpp"

namespace penny::proof::histories {

// Makes the call, and fills in what it was answered.
void perform(Store& store, Call& call);

}  // namespace penny::proof::histories
