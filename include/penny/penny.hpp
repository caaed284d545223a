#pragma once

// One header to include.

#include <penny/error.hpp>
#include <penny/id.hpp>
#include <penny/keeping.hpp>
#include <penny/limits.hpp>
#include <penny/log.hpp>
#include <penny/model.hpp>
#include <penny/operation.hpp>
#include <penny/outcome.hpp>
#include <penny/store.hpp>
#include <penny/version.hpp>
