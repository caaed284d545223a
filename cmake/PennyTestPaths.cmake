# penny_test_path(TARGET NAME PATH): sources of TARGET that include "test_paths.hpp" have the macro NAME, a string. A header and not the
# command line, so that ccache knows all other sources again in another clone.
function(penny_test_path target name path)
  get_target_property(known ${target} PENNY_TEST_PATHS)
  if(NOT known)
    set(folder "${CMAKE_CURRENT_BINARY_DIR}/${target}.paths")
    file(GENERATE OUTPUT "${folder}/test_paths.hpp"
      CONTENT "#pragma once\n\n$<TARGET_GENEX_EVAL:${target},$<TARGET_PROPERTY:${target},PENNY_TEST_PATHS>>" TARGET ${target})
    target_include_directories(${target} PRIVATE "${folder}")
  endif()
  set_property(TARGET ${target} APPEND_STRING PROPERTY PENNY_TEST_PATHS "#define ${name} \"${path}\"\n")
endfunction()
