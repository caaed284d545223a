# Penny is installed into the build tree, then a stranger's project is built against it, once by find_package and once by
# pkg-config.

if(PENNY_SANITIZE)
  return()  # an instrumented library is not installed
endif()

set(stage "${CMAKE_CURRENT_BINARY_DIR}/stage")
set(stranger_dir "${CMAKE_CURRENT_SOURCE_DIR}/install")

add_test(NAME Install.StartsFromNothing
  COMMAND "${CMAKE_COMMAND}" -E rm -rf "${stage}" "${CMAKE_CURRENT_BINARY_DIR}/stranger")
add_test(NAME Install.CopiesTheTree COMMAND "${CMAKE_COMMAND}" --install "${PROJECT_BINARY_DIR}" --prefix "${stage}")
add_test(NAME Install.HasTheManPageAndCompletions
  COMMAND "${CMAKE_COMMAND}" -E cat "${stage}/share/man/man1/penny.1"
          "${stage}/share/bash-completion/completions/penny" "${stage}/share/zsh/site-functions/_penny"
          "${stage}/share/fish/vendor_completions.d/penny.fish")
add_test(NAME Install.StrangerBuildsWithFindPackage
  COMMAND "${CMAKE_CTEST_COMMAND}" --build-and-test "${stranger_dir}" "${CMAKE_CURRENT_BINARY_DIR}/stranger/cmake"
          --build-generator "${CMAKE_GENERATOR}"
          --build-options "-DCMAKE_PREFIX_PATH=${stage}" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
          --test-command stranger)
add_test(NAME Install.StrangerBuildsWithPkgConfig
  COMMAND "${stranger_dir}/with_pkg_config.sh" "${CMAKE_CXX_COMPILER}" "${stage}"
          "${CMAKE_CURRENT_BINARY_DIR}/stranger/pkg-config" penny stranger.cpp)
if(PENNY_TOOLS)
  add_test(NAME Install.StrangerHasToolsWithFindPackage
    COMMAND "${CMAKE_CTEST_COMMAND}" --build-and-test "${stranger_dir}/tools" "${CMAKE_CURRENT_BINARY_DIR}/stranger/cmake-tools"
            --build-generator "${CMAKE_GENERATOR}"
            --build-options "-DCMAKE_PREFIX_PATH=${stage}" "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}"
            --test-command stranger_with_tools)
  add_test(NAME Install.StrangerHasToolsWithPkgConfig
    COMMAND "${stranger_dir}/with_pkg_config.sh" "${CMAKE_CXX_COMPILER}" "${stage}"
            "${CMAKE_CURRENT_BINARY_DIR}/stranger/pkg-config-tools" penny-tools tools/stranger_with_tools.cpp)
  set_tests_properties(Install.StrangerHasToolsWithFindPackage Install.StrangerHasToolsWithPkgConfig
    PROPERTIES FIXTURES_REQUIRED stage TIMEOUT 300)
endif()

set_tests_properties(Install.StartsFromNothing PROPERTIES FIXTURES_SETUP empty_stage)
set_tests_properties(Install.CopiesTheTree PROPERTIES FIXTURES_REQUIRED empty_stage FIXTURES_SETUP stage)
set_tests_properties(Install.HasTheManPageAndCompletions Install.StrangerBuildsWithFindPackage Install.StrangerBuildsWithPkgConfig
  PROPERTIES FIXTURES_REQUIRED stage TIMEOUT 300)
