package daemonfile

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"
)

// object is a piece of a JSON schema.
type object = map[string]any

// Schema is a JSON schema (draft 2020-12) of a file of daemons, for editors. What it refuses, Read refuses; Read also
// refuses what a schema cannot see, such as an edge that leads nowhere.
func Schema() []byte {
	root := closed(object{
		"version": object{"const": 1},
		"include": object{"type": orNull("array"), "items": object{"type": "string", "minLength": 1}, "description": "files that come below this one, from its folder"},
		"daemons": object{
			"type": orNull("object"), "propertyNames": object{"pattern": entryName.String(), "maxLength": maxName},
			"additionalProperties": object{"$ref": "#/$defs/daemon"}, "description": "the daemons by name",
		},
	})
	root["$schema"], root["title"], root["required"] = "https://json-schema.org/draft/2020-12/schema", "Daemons", []string{"version"}
	root["patternProperties"] = object{"^x-": true}
	daemon := properties(entryFields())
	daemon["allOf"] = betweenKeys()
	root["$defs"] = object{"daemon": daemon}

	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(root) // maps, slices, texts and numbers can always be written
	return text.Bytes()
}

// closed is a mapping with these keys and no others.
func closed(keys object) object {
	return object{"type": "object", "properties": keys, "additionalProperties": false}
}

// orNull allows null, which is as if the key were not there.
func orNull(kinds ...string) []string { return append(kinds, "null") }

func properties(list []field) object {
	keys := object{}
	for _, f := range list {
		one := f.schema()
		one["description"] = f.tag.Get("help")
		if f.fallback != "" {
			one["default"], _ = f.parse(f.fallback)
			if _, is := f.value.Interface().(time.Duration); is || f.value.Type() == reflect.TypeFor[Size]() {
				one["default"] = f.fallback
			}
		}
		keys[f.name] = one
	}
	return closed(keys)
}

// schema is what the field takes.
func (f field) schema() object {
	switch f.value.Interface().(type) {
	case bool:
		return object{"type": orNull("boolean")}
	case int:
		return object{"type": orNull("integer"), "minimum": f.bound("min"), "maximum": f.bound("max")}
	case time.Duration:
		return f.durationSchema()
	case Size:
		return object{"type": orNull("string", "integer"), "pattern": sizeForm.String(), "minimum": f.bound("min"), "maximum": f.bound("max")}
	case []int:
		items := object{"type": "integer", "minimum": f.bound("least"), "maximum": f.bound("most")}
		return object{"type": orNull("array"), "items": items, "minItems": f.bound("min"), "maxItems": f.bound("max"), "uniqueItems": true}
	case []string:
		return f.listSchema()
	case map[string]string:
		value := object{"type": orNull("string", "number", "boolean"), "pattern": referencesPattern}
		return object{"type": orNull("object"), "propertyNames": object{"pattern": variableName.String()}, "additionalProperties": value, "maxProperties": f.bound("max")}
	case string:
		text := f.textSchema()
		text["type"] = orNull("string")
		if words, limited := text["enum"].([]any); limited {
			text["enum"] = append(words, nil)
		}
		return text
	}
	return f.sectionSchema()
}

// durationSchema takes 0 without a unit where 0 is in bounds.
func (f field) durationSchema() object {
	text := object{"type": orNull("string"), "pattern": durationForm.String()}
	if f.bound("min") > 0 {
		return text
	}
	return object{"anyOf": []object{text, {"const": 0}}}
}

func (f field) textSchema() object {
	if words, limited := f.choices(); limited {
		var list []any
		for _, word := range words {
			list = append(list, word)
		}
		return object{"enum": list}
	}
	text := object{"minLength": f.bound("min"), "maxLength": f.bound("max")}
	if pattern := f.form().pattern; pattern != nil {
		text["pattern"] = pattern.String()
	}
	return text
}

func (f field) listSchema() object {
	list := object{"type": orNull("array"), "minItems": f.bound("min"), "maxItems": f.bound("max")}
	items := object{"type": "string"}
	if words, limited := f.choices(); limited {
		items["enum"], list["uniqueItems"] = words, true
	}
	if f.tag.Get("scalars") != "" {
		items["type"] = []string{"string", "number", "boolean"}
	}
	list["items"] = items
	return list
}

func (f field) sectionSchema() object {
	list := f.section()
	section := properties(list)
	section["type"] = orNull("object")
	if ways := f.ways(); ways != nil {
		section["if"], section["then"] = object{"type": "object"}, object{"allOf": waysSchema(ways)}
	}
	short := f.tag.Get("short")
	for _, part := range list {
		if part.name == short {
			return object{"anyOf": []object{section, part.schema()}}
		}
	}
	return section
}

// ways are the keys of which a section has exactly one, nil if there are none.
func (f field) ways() []string {
	switch f.name {
	case "readiness":
		return readinessWays
	case "liveness":
		return livenessWays
	}
	return nil
}
