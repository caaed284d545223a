# How our own code is compiled: target penny_compile_options. SQLite gets the sanitizers from here, nothing else.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

# CMake's own flags of a Release would be -O3.
set(CMAKE_C_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
if(PENNY_SANITIZE)
  # Reports need lines, not variables; the rest of a debugger's needs is a fifth of the compile time.
  set(CMAKE_C_FLAGS_DEBUG "-O1 -g1")
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
endif()

find_program(CCACHE_EXECUTABLE ccache)
if(CCACHE_EXECUTABLE)
  foreach(language C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      # With precompiled headers ccache needs to be told what it may overlook. What one clone compiled serves the next one: paths within
      # the tree count from the build folder, and the folder's own name does not count.
      set(CMAKE_${language}_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros,locale
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true "${CCACHE_EXECUTABLE}")
    endif()
  endforeach()
endif()

if(PENNY_SANITIZE)
  add_compile_options(-fsanitize=${PENNY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PENNY_SANITIZE})
endif()

# penny_precompile(TARGET HEADER...): reads these headers of others once for the whole target. Not in a release or for the proof, and
# static analysis leaves them out: there, a file that does not include what it uses fails.
function(penny_precompile target)
  if(CMAKE_BUILD_TYPE STREQUAL "Debug" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

add_library(penny_compile_options INTERFACE)
# State is folded from the ledger and compared bit by bit: a fused multiply-add on one machine would make a difference.
target_compile_options(penny_compile_options INTERFACE -ffp-contract=off
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion)
if(PENNY_WARNINGS_AS_ERRORS)
  target_compile_options(penny_compile_options INTERFACE -Werror)
endif()
if(PENNY_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Instrumented code makes GCC see uninitialised reads that are not there.
  target_compile_options(penny_compile_options INTERFACE -Wno-maybe-uninitialized)
endif()
target_compile_definitions(penny_compile_options INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(PENNY_PROOF OR PENNY_FUZZ)
  target_compile_definitions(penny_compile_options INTERFACE PENNY_PROOF)
endif()
