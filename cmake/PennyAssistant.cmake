# The room of the assistant: conversations, and the models that answer.
#
# penny_assistant   on top of penny_tools, whose guard stands before the tools that a model asks for

if(PENNY_TOOLS)
  file(GLOB assistant_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/assistant/*.cpp")
  add_library(penny_assistant STATIC ${assistant_sources})
  target_include_directories(penny_assistant PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  # Whoever links it chooses between penny and penny_parts, as with the tools.
  target_link_libraries(penny_assistant PRIVATE penny_compile_options PUBLIC penny_tools fmt::fmt Boost::json CURL::libcurl)
  penny_precompile(penny_assistant <boost/json.hpp> <fmt/format.h> <algorithm> <chrono> <functional> <memory> <optional> <string>
    <vector>)
endif()
