# cmake -DTABLE=abi-x64.tsv -DBITFIELDS=bitfields.txt -DOUTPUT=abi.c -P generate.cmake
#
# Writes a C source that asserts every row of the table: the size of a structure (a row without a member), or the offset and
# size of a member. C cannot name a bit-field's offset, so rows listed in BITFIELDS are checked when the program runs: the
# first byte that setting the field changes is its offset.
cmake_minimum_required(VERSION 3.20)
file(STRINGS ${TABLE} _rows)
file(STRINGS ${BITFIELDS} _bitfields REGEX "^[^#]")
list(POP_FRONT _rows)
set(_asserts "")
set(_checks "")
set(_count 0)
foreach(_row IN LISTS _rows)
  if(NOT _row MATCHES "^([A-Za-z0-9_]+)\t([A-Za-z0-9_.]*)\t([0-9]+)\t([0-9]+)$")
    message(FATAL_ERROR "${TABLE}: cannot read the row \"${_row}\"")
  endif()
  set(_struct ${CMAKE_MATCH_1})
  set(_member "${CMAKE_MATCH_2}")
  set(_offset ${CMAKE_MATCH_3})
  set(_size ${CMAKE_MATCH_4})
  math(EXPR _count "${_count} + 1")
  if(_member STREQUAL "")
    string(APPEND _asserts "_Static_assert(sizeof(struct ${_struct}) == ${_size}, \"sizeof ${_struct}\");\n")
  elseif("${_struct} ${_member}" IN_LIST _bitfields)
    string(APPEND _checks "    BITFIELD(struct ${_struct}, ${_member}, ${_offset});\n")
  else()
    string(APPEND _asserts "MEMBER(struct ${_struct}, ${_member}, ${_offset}, ${_size});\n")
  endif()
endforeach()
file(WRITE ${OUTPUT} "/* Generated from abi-x64.tsv. */
#include <ntifs.h>
#include <stdio.h>

#define MEMBER(type, member, offset, size)                                                  \\
    _Static_assert(__builtin_offsetof(type, member) == offset, #type \".\" #member \": offset\"); \\
    _Static_assert(sizeof(((type *)0)->member) == size, #type \".\" #member \": size\")

${_asserts}
static int failed;

#define BITFIELD(type, member, offset)                     \\
    do {                                                   \\
        union {                                            \\
            type value;                                    \\
            unsigned char bytes[sizeof(type)];             \\
        } u;                                               \\
        size_t at = 0;                                     \\
        memset(&u, 0, sizeof u);                           \\
        u.value.member--;                                  \\
        while (at < sizeof(type) && !u.bytes[at])          \\
            at++;                                          \\
        if (at != offset) {                                \\
            printf(#type \".\" #member \": at %zu, expected %d\\n\", at, offset); \\
            failed++;                                      \\
        }                                                  \\
    } while (0)

int main(void)
{
${_checks}
    printf(\"%d rows, %d wrong\\n\", ${_count}, failed);
    return failed != 0;
}
")
