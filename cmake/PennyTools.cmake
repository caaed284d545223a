# The room of the tools, a library of its own: who only wants the store needs none of what it needs.
#
# penny_tools   registry, guard, sandbox and the built-in tools; on top of penny, or of penny_parts in tests

if(PENNY_TOOLS)
  find_package(PkgConfig REQUIRED)
  find_package(CURL 7.87 REQUIRED)
  find_package(ICU 72 REQUIRED COMPONENTS i18n uc)
  find_library(PENNY_RE2 re2 REQUIRED)  # has no CMake package
  pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp>=2.5)

  file(GLOB tool_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/tools/*.cpp")
  add_library(penny_tools STATIC ${tool_sources})
  target_include_directories(penny_tools PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(penny_tools PRIVATE penny_compile_options
    PUBLIC fmt::fmt Boost::json CURL::libcurl "${PENNY_RE2}" ICU::i18n ICU::uc PkgConfig::seccomp Threads::Threads)
endif()
