# Writes docs/ddi.md: cmake -DROOT=<source tree> -DCC=<C compiler> -DOUT=<file> [-DCOMPARE=<file>] -P DdiDoc.cmake
# With COMPARE it fails when that file is not what it wrote.
cmake_minimum_required(VERSION 3.20)
include(${CMAKE_CURRENT_LIST_DIR}/DdiList.cmake)

ddi_exported(_exported)
ddi_inline(_inline)
foreach(_name IN LISTS _inline)
  set(_how_${_name} "inline")
endforeach()
foreach(_name IN LISTS _exported)
  set(_how_${_name} "exported")
endforeach()

function(percent part whole out)
  if(whole EQUAL 0)
    set(${out} "0.0" PARENT_SCOPE)
    return()
  endif()
  math(EXPR _permille "(${part} * 1000 + ${whole} / 2) / ${whole}")
  math(EXPR _whole "${_permille} / 10")
  math(EXPR _tenth "${_permille} % 10")
  set(${out} "${_whole}.${_tenth}" PARENT_SCOPE)
endfunction()

set(_total 0)
set(_total_here 0)
set(_used 0)      # DDIs that some public driver calls
set(_used_here 0)
set(_calls 0)     # the sum of the drivers that call each
set(_calls_here 0)
set(_headers "")
set(_wanted "")   # not here, though called: "<sort key>|row"
file(STRINGS ${ROOT}/docs/facts/ddi.tsv _rows)
list(POP_FRONT _rows)
foreach(_row IN LISTS _rows)
  string(REPLACE "\t" ";" _row "${_row}")
  list(GET _row 0 _name)
  list(GET _row 2 _header)
  list(GET _row 3 _irql)
  list(GET _row 4 _since)
  list(GET _row 5 _drivers)
  string(MAKE_C_IDENTIFIER ${_header} _h)
  if(NOT DEFINED _count_${_h})
    list(APPEND _headers ${_header})
    set(_count_${_h} 0)
    set(_here_${_h} 0)
    set(_table_${_h} "")
    set(_absent_${_h} "")
  endif()
  set(_known_${_name} TRUE)
  math(EXPR _total "${_total} + 1")
  math(EXPR _count_${_h} "${_count_${_h}} + 1")
  math(EXPR _calls "${_calls} + ${_drivers}")
  if(_drivers GREATER 0)
    math(EXPR _used "${_used} + 1")
  endif()
  if(DEFINED _how_${_name})
    math(EXPR _total_here "${_total_here} + 1")
    math(EXPR _here_${_h} "${_here_${_h}} + 1")
    math(EXPR _calls_here "${_calls_here} + ${_drivers}")
    if(_drivers GREATER 0)
      math(EXPR _used_here "${_used_here} + 1")
    endif()
    string(APPEND _table_${_h} "| `${_name}` | ${_how_${_name}} | ${_irql} | ${_since} | ${_drivers} |\n")
  elseif(_drivers GREATER 0)
    math(EXPR _key "10000 - ${_drivers}")
    list(APPEND _wanted "${_key}|| `${_name}` | ${_header} | ${_irql} | ${_since} | ${_drivers} |")
  else()
    list(APPEND _absent_${_h} "`${_name}`")
  endif()
endforeach()

set(_undocumented "")
foreach(_name IN LISTS _exported)
  if(NOT DEFINED _known_${_name})
    list(APPEND _undocumented "`${_name}`")
  endif()
endforeach()
list(SORT _undocumented CASE INSENSITIVE)
list(LENGTH _exported _exported_count)
percent(${_total_here} ${_total} _p_total)
percent(${_used_here} ${_used} _p_used)
percent(${_calls_here} ${_calls} _p_calls)

set(_text "# The DDIs

Made by \`cmake --build <build folder> --target ddi-doc\` from \`src/ddi.def\`, the headers and \`docs/facts/ddi.tsv\`; a test fails when
it is out of date. *Drivers* says in how many of 271 public driver source folders a DDI is called. *Exported* is a function of the
library, *inline* one of a header. What is not here does not link: there are no stubs.

| | here | of | share |
|---|---|---|---|
| documented DDIs | ${_total_here} | ${_total} | ${_p_total} % |
| DDIs that some public driver calls | ${_used_here} | ${_used} | ${_p_used} % |
| the same, each weighed by its drivers | ${_calls_here} | ${_calls} | ${_p_calls} % |

The library exports ${_exported_count} DDIs.
")

string(APPEND _text "\n## Here\n")
foreach(_header IN LISTS _headers)
  string(MAKE_C_IDENTIFIER ${_header} _h)
  if(_here_${_h} GREATER 0)
    string(APPEND _text "\n### ${_header}: ${_here_${_h}} of ${_count_${_h}}\n\n"
      "| DDI | how | IRQL | since | drivers |\n|---|---|---|---|---|\n${_table_${_h}}")
  endif()
endforeach()
if(_undocumented)
  list(JOIN _undocumented ", " _line)
  string(APPEND _text "\n### Exported, and not in the list of documented DDIs\n\n${_line}.\n")
endif()

string(APPEND _text "\n## Not here, though called by public drivers\n\n"
  "| DDI | header | IRQL | since | drivers |\n|---|---|---|---|---|\n")
list(SORT _wanted CASE INSENSITIVE COMPARE NATURAL)
foreach(_row IN LISTS _wanted)
  string(REGEX REPLACE "^[0-9]+\\|" "" _row "${_row}")
  string(APPEND _text "${_row}\n")
endforeach()

string(APPEND _text "\n## Not here, nor called by any of those\n")
foreach(_header IN LISTS _headers)
  string(MAKE_C_IDENTIFIER ${_header} _h)
  if(_absent_${_h})
    list(LENGTH _absent_${_h} _count)
    list(JOIN _absent_${_h} ", " _line)
    string(APPEND _text "\n### ${_header}: ${_count}\n\n${_line}.\n")
  endif()
endforeach()

file(WRITE ${OUT} "${_text}")
message(STATUS "${_total_here} of ${_total} documented DDIs, ${_p_calls} % of the calls")
if(COMPARE)
  set(_old "")
  if(EXISTS ${COMPARE})
    file(READ ${COMPARE} _old)
  endif()
  if(NOT _old STREQUAL _text)
    message(FATAL_ERROR "docs/ddi.md is out of date: cmake --build <build folder> --target ddi-doc")
  endif()
endif()
