# Joins the objects OURS and HIDDEN into the relocatable object OUTPUT and makes every symbol that HIDDEN defines local.
# By name and not by visibility: other hidden symbols, such as C++'s DW.ref.__gxx_personality_v0, belong to groups that the
# linker shares between objects and must stay as they are.

function(run)
  execute_process(COMMAND ${ARGV} OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}: ${result}\n${error}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

run("${NM}" --defined-only --extern-only --format=just-symbols ${HIDDEN})
file(WRITE "${OUTPUT}.hidden" "${output}")
run("${LINKER}" -r -o "${OUTPUT}.part" ${OURS} ${HIDDEN})
run("${OBJCOPY}" "--localize-symbols=${OUTPUT}.hidden" "${OUTPUT}.part")
file(RENAME "${OUTPUT}.part" "${OUTPUT}")
