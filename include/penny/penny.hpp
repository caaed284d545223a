#pragma once

// One header to include.

#include <penny/error.hpp>
#include <penny/forgetting.hpp>
#include <penny/history.hpp>
#include <penny/id.hpp>
#include <penny/keeping.hpp>
#include <penny/limits.hpp>
#include <penny/log.hpp>
#include <penny/model.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>
#include <penny/rescue.hpp>
#include <penny/search.hpp>
#include <penny/store.hpp>
#include <penny/undo.hpp>
#include <penny/vacuum.hpp>
#include <penny/verify.hpp>
#include <penny/version.hpp>
