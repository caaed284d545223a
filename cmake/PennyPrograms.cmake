# The programs. A room without sources has no target.
#
# penny           the command line
# penny-account   accounts for acknowledged operations with plain SQL; must not share code with the store
# penny_bench     compares the store with what one would write without it
# penny_figures   what the store takes and costs in use; holds reads with the store's own parts

if(PENNY_PROGRAMS)
  file(GLOB_RECURSE cli_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/*.cpp")
  if(NOT PENNY_TOOLS)
    list(FILTER cli_sources EXCLUDE REGEX "/(tool|chat)_[a-z_]+\\.cpp$")
  endif()
  if(cli_sources)
    find_package(CLI11 REQUIRED)
    find_package(spdlog REQUIRED)
    add_executable(penny_program ${cli_sources})
    set_target_properties(penny_program PROPERTIES OUTPUT_NAME penny)
    if(PENNY_SANITIZE)
      # CLI11 is all templates: optimising them, instrumented, would take longer than the whole library.
      target_compile_options(penny_program PRIVATE -O0)
    endif()
    penny_precompile(penny_program <CLI/CLI.hpp> <boost/json.hpp> <fmt/format.h> <chrono> <optional> <string> <vector>)
    target_include_directories(penny_program PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(penny_program PRIVATE penny_compile_options penny CLI11::CLI11 spdlog::spdlog fmt::fmt
      Boost::json)
    if(PENNY_TOOLS)
      pkg_check_modules(libedit REQUIRED IMPORTED_TARGET libedit>=3.1)
      target_link_libraries(penny_program PRIVATE penny_assistant penny_tools penny PkgConfig::libedit)
      target_compile_definitions(penny_program PRIVATE PENNY_TOOLS)
    endif()

    # What the program says of itself: its man page, and completion for shells.
    set(penny_man_page "${CMAKE_CURRENT_BINARY_DIR}/share/penny.1")
    add_custom_command(OUTPUT "${penny_man_page}"
      COMMAND "${CMAKE_COMMAND}" -E make_directory "${CMAKE_CURRENT_BINARY_DIR}/share"
      COMMAND penny_program man > "${penny_man_page}"
      COMMAND penny_program completion bash > "${CMAKE_CURRENT_BINARY_DIR}/share/penny.bash"
      COMMAND penny_program completion zsh > "${CMAKE_CURRENT_BINARY_DIR}/share/penny.zsh"
      COMMAND penny_program completion fish > "${CMAKE_CURRENT_BINARY_DIR}/share/penny.fish"
      DEPENDS penny_program
      COMMENT "Writing the man page and completions"
      VERBATIM)
    add_custom_target(penny_pages ALL DEPENDS "${penny_man_page}")
  endif()

  file(GLOB_RECURSE account_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/account/*.cpp")
  if(account_sources)
    add_executable(penny_account ${account_sources})
    set_target_properties(penny_account PROPERTIES OUTPUT_NAME penny-account)
    target_include_directories(penny_account PRIVATE "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(penny_account PRIVATE penny_compile_options penny::sqlite fmt::fmt Boost::json)
  endif()
endif()

if(PENNY_BENCH)
  file(GLOB bench_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/*.cpp")
  if(bench_sources)
    find_package(CLI11 REQUIRED)
    add_executable(penny_bench ${bench_sources})
    target_include_directories(penny_bench PRIVATE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/src")
    target_link_libraries(penny_bench PRIVATE penny_compile_options penny penny::sqlite CLI11::CLI11 fmt::fmt
      Boost::json OpenSSL::Crypto)
  endif()

  file(GLOB figures_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/bench/figures/*.cpp")
  if(NOT PENNY_TOOLS)
    list(FILTER figures_sources EXCLUDE REGEX "/(guard|turn)_run\\.cpp$")
  endif()
  if(figures_sources)
    set(figures_shared load_meter machine raw_sqlite statistics table workload)
    list(TRANSFORM figures_shared PREPEND "${PROJECT_SOURCE_DIR}/bench/")
    list(TRANSFORM figures_shared APPEND ".cpp")
    add_executable(penny_figures ${figures_sources} ${figures_shared})
    target_include_directories(penny_figures PRIVATE "${PROJECT_SOURCE_DIR}")
    target_link_libraries(penny_figures PRIVATE penny_compile_options penny_parts CLI11::CLI11 Boost::json)
    penny_precompile(penny_figures <CLI/CLI.hpp> <boost/json.hpp> <fmt/format.h> <chrono> <optional> <string> <vector>)
    if(PENNY_TOOLS)
      target_link_libraries(penny_figures PRIVATE penny_assistant penny_tools)
      target_compile_definitions(penny_figures PRIVATE PENNY_TOOLS)
    endif()
  endif()
endif()
