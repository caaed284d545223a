# What the benchmarks calculate, without what they run.
foreach(name statistics load_meter table workload figures/fill figures/interrupt figures/questions
    figures/reader_samples figures/section figures/speech figures/spoken figures/talk figures/waits figures/work_folder figures/writers)
  target_sources(penny_tests PRIVATE "${PROJECT_SOURCE_DIR}/bench/${name}.cpp")
endforeach()
target_include_directories(penny_tests PRIVATE "${PROJECT_SOURCE_DIR}")
