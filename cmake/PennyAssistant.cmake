# The room of the assistant: conversations, the models that answer, and voice.
#
# penny_assistant   on top of penny_tools, whose guard stands before the tools that a model asks for

if(PENNY_TOOLS)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(sndfile REQUIRED IMPORTED_TARGET sndfile)
  pkg_check_modules(samplerate REQUIRED IMPORTED_TARGET samplerate)
  pkg_check_modules(webrtc_audio REQUIRED IMPORTED_TARGET webrtc-audio-processing)
  file(GLOB assistant_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/assistant/*.cpp"
    "${PROJECT_SOURCE_DIR}/src/assistant/voice/*.cpp")
  add_library(penny_assistant STATIC ${assistant_sources})
  target_include_directories(penny_assistant PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  # Whoever links it chooses between penny and penny_parts, as with the tools.
  target_link_libraries(penny_assistant PRIVATE penny_compile_options PUBLIC penny_tools fmt::fmt Boost::json CURL::libcurl
    PRIVATE PkgConfig::sndfile PkgConfig::samplerate PkgConfig::webrtc_audio)
  penny_precompile(penny_assistant <boost/json.hpp> <fmt/format.h> <algorithm> <chrono> <functional> <memory> <optional> <string>
    <vector>)
endif()
