# What the benchmark calculates, without what it runs.
foreach(name statistics load_meter table workload)
  target_sources(penny_tests PRIVATE "${PROJECT_SOURCE_DIR}/bench/${name}.cpp")
endforeach()
target_include_directories(penny_tests PRIVATE "${PROJECT_SOURCE_DIR}")
