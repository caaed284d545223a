#pragma once

// Hostile schemas of the owner's own tools, each of which is refused.

#include <cstddef>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace penny::test {

struct HostileSchema {
  std::string name;
  std::string schema;
};

inline std::vector<HostileSchema> hostile_schemas() {
  const auto with_field = [](const std::string& field) {
    return R"({"type":"object","properties":{"a":)" + field + "}}";
  };
  std::vector<HostileSchema> schemas{
      {"a reference to a file", with_field(R"({"$ref":"file:///etc/passwd"})")},
      {"a reference to an address", with_field(R"({"$ref":"http://127.0.0.1:9/schema"})")},
      {"a reference to another file", with_field(R"({"$ref":"other.json#/a"})")},
      {"a reference to itself", R"({"type":"object","$ref":"#"})"},
      {"references in a circle",
       R"({"type":"object","properties":{"a":{"$ref":"#/properties/b"},"b":{"$ref":"#/properties/a"}}})"},
      {"a field that is its own schema", with_field(R"({"$ref":"#/properties/a"})")},
      {"definitions", R"({"type":"object","definitions":{"a":{}}})"},
      {"$defs", R"({"type":"object","$defs":{"a":{}}})"},
      {"an id", R"({"$id":"http://example.org/a","type":"object"})"},
      {"a dynamic reference", with_field(R"({"$dynamicRef":"#a"})")},
      {"allOf", with_field(R"({"allOf":[{}]})")},
      {"anyOf", with_field(R"({"anyOf":[{}]})")},
      {"oneOf", with_field(R"({"oneOf":[{}]})")},
      {"not", with_field(R"({"not":{}})")},
      {"if", with_field(R"({"if":{},"then":{}})")},
      {"contains", with_field(R"({"contains":{}})")},
      {"patternProperties", R"({"type":"object","patternProperties":{"(a+)+":{}}})"},
      {"propertyNames", R"({"type":"object","propertyNames":{"pattern":"(a+)+"}})"},
      {"dependencies", R"({"type":"object","dependencies":{"a":["b"]}})"},
      {"items as a list", with_field(R"({"type":"array","items":[{}]})")},
      {"a pattern that looks back", with_field(R"({"pattern":"(a)\\1"})")},
      {"a pattern that looks ahead", with_field(R"({"pattern":"(?=a)b"})")},
      {"a pattern that does not end", with_field(R"({"pattern":"("})")},
      {"a pattern that unfolds", with_field(R"({"pattern":"((a{100}){100}){100}"})")},
      {"a pattern of 1025 bytes", with_field("{\"pattern\":\"" + std::string(1025, 'a') + "\"}")},
      {"a format that is not checked", with_field(R"({"format":"iri"})")},
      {"items that must differ, any number", with_field(R"({"type":"array","uniqueItems":true})")},
      {"an unknown type", with_field(R"({"type":"any"})")},
      {"a type that is no name", with_field(R"({"type":1})")},
      {"no type at all", with_field(R"({"type":[]})")},
      {"a length below 0", with_field(R"({"minLength":-1})")},
      {"a length with a fraction", with_field(R"({"maxLength":1.5})")},
      {"a bound that is a text", with_field(R"({"minimum":"1"})")},
      {"a bound beyond 2^53", with_field(R"({"maximum":1e300})")},
      {"bounds that exclude all", with_field(R"({"minimum":2,"maximum":1})")},
      {"lengths that exclude all", with_field(R"({"minLength":2,"maxLength":1})")},
      {"a multiple of 0", with_field(R"({"multipleOf":0})")},
      {"an empty enum", with_field(R"({"enum":[]})")},
      {"an enum of arrays", with_field(R"({"enum":[[1]]})")},
      {"a default that does not fit", with_field(R"({"type":"integer","default":"x"})")},
      {"a required field that is not there", R"({"type":"object","required":["a"]})"},
      {"required as true", with_field(R"({"required":true})")},
      {"no object at the top", R"({"type":"string"})"},
      {"nothing said at the top", "{}"},
      {"true", "true"},
      {"false", "false"},
      {"an array", "[]"},
      {"nothing", ""},
      {"no JSON", "{type: object}"},
      {"a comment", "{} // all"},
      {"a keyword twice", R"({"type":"object","type":"object"})"},
      {"bad UTF-8", "{\"type\":\"object\",\"title\":\"\xff\"}"},
      {"more than 64 KiB", R"({"type":"object","title":")" + std::string(std::size_t{64} << 10, 'x') + "\"}"},
      {"a field without a name", R"({"type":"object","properties":{"":{}}})"},
  };
  std::string many = "[0";
  for (int i = 1; i < 300; ++i) many += fmt::format(",{}", i);
  schemas.push_back({"an enum of 300 values", with_field("{\"enum\":" + many + "]}")});
  std::string fields = R"("f":{})";
  for (int i = 0; i < 64; ++i) fields += fmt::format(",\"f{}\":{{}}", i);
  schemas.push_back({"65 fields", R"({"type":"object","properties":{)" + fields + "}}"});
  std::string wide = "{}";
  for (int level = 0; level < 2; ++level) {
    std::string inner = "\"f\":" + wide;
    for (int i = 0; i < 20; ++i) inner += fmt::format(",\"f{}\":{}", i, wide);
    wide = R"({"type":"object","properties":{)" + inner + "}}";
  }
  schemas.push_back({"400 fields of fields", wide});
  std::string deep = "{}";
  for (int i = 0; i < 40; ++i) deep = "{\"items\":" + deep + "}";
  schemas.push_back({"40 levels", with_field(deep)});
  std::string bomb = "{}";
  for (int i = 0; i < 10; ++i) bomb = fmt::format(R"({{"allOf":[{0},{0}]}})", bomb);
  schemas.push_back({"allOf that doubles ten times", with_field(bomb)});
  return schemas;
}

}  // namespace penny::test
