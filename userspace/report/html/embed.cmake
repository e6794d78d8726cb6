# SPDX-License-Identifier: Apache-2.0
#
# cmake -D OUTPUT=FILE -P embed.cmake NAME FILE [NAME FILE]...: writes a function html_NAME() for each file, which
# returns its text. The text is an array of bytes, because compilers limit the length of string literals.
set(functions "")
file(WRITE ${OUTPUT}.new "#include \"report/html_assets.h\"\n\nnamespace taskcost {\nnamespace {\n")
math(EXPR last "${CMAKE_ARGC} - 2")
foreach(i RANGE 5 ${last} 2)
  math(EXPR next "${i} + 1")
  set(name ${CMAKE_ARGV${i}})
  file(READ ${CMAKE_ARGV${next}} bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(APPEND ${OUTPUT}.new "constexpr unsigned char ${name}[] = {${bytes}};\n")
  string(APPEND functions "std::string_view html_${name}() {\n"
         "  return {reinterpret_cast<const char*>(${name}), sizeof ${name}};\n}\n")
endforeach()
file(APPEND ${OUTPUT}.new "}  // namespace\n${functions}}  // namespace taskcost\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
