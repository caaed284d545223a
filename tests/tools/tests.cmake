if(PENNY_TOOLS)
  penny_test_path(penny_tests PENNY_EXAMPLE_CONFIGURATION "${PROJECT_SOURCE_DIR}/docs/penny.toml")
endif()
