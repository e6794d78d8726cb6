# SPDX-License-Identifier: Apache-2.0
#
# cmake -D OUTPUT=FILE -D STYLE=FILE -D SCRIPTS=FILE;... -D COMPARE_SCRIPTS=FILE;... -D CHARTS=FILE -P embed.cmake: the
# four as C++, the scripts of each page one after the other.
function(append_text name)
  set(bytes "")
  foreach(file ${ARGN})
    file(READ ${file} more HEX)
    string(APPEND bytes "${more}")
  endforeach()
  # A license comment of the library stays where it is; a byte each keeps compilers from choking on long literals.
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(APPEND ${OUTPUT}.new "constexpr unsigned char ${name}_bytes[] = {${bytes}};\n")
endfunction()
file(WRITE ${OUTPUT}.new "#include \"report/html_assets.h\"\n\nnamespace taskcost {\nnamespace {\n")
append_text(style ${STYLE})
append_text(script ${SCRIPTS})
append_text(compare_script ${COMPARE_SCRIPTS})
append_text(charts ${CHARTS})
file(APPEND ${OUTPUT}.new "template <std::size_t Size>\nstd::string_view text_of(const unsigned char (&bytes)[Size]) {\n"
     "  return {reinterpret_cast<const char*>(bytes), Size};\n}\n}  // namespace\n"
     "std::string_view html_style() { return text_of(style_bytes); }\n"
     "std::string_view html_script() { return text_of(script_bytes); }\n"
     "std::string_view html_compare_script() { return text_of(compare_script_bytes); }\n"
     "std::string_view html_charts() { return text_of(charts_bytes); }\n}  // namespace taskcost\n")
file(RENAME ${OUTPUT}.new ${OUTPUT})
