if(PENNY_TOOLS)
  target_compile_definitions(penny_tests PRIVATE "PENNY_EXAMPLE_CONFIGURATION=\"${PROJECT_SOURCE_DIR}/docs/penny.toml\"")
endif()
