package daemonfile

import "strings"

// given holds for a mapping that has the key, not null.
func given(key string) object {
	return object{"required": []string{key}, "properties": object{key: object{"not": object{"type": "null"}}}}
}

// is holds for a mapping of which the key has this value.
func is(key, value string) object {
	return object{"required": []string{key}, "properties": object{key: object{"const": value}}}
}

func anyGiven(keys []string) object {
	var list []object
	for _, key := range keys {
		list = append(list, given(key))
	}
	return object{"anyOf": list}
}

func exactlyOne(keys []string) object {
	return object{"oneOf": anyGiven(keys)["anyOf"]}
}

func not(what object) object { return object{"not": what} }

func when(condition, then object) object { return object{"if": condition, "then": then} }

// waysSchema is ruleWay and ruleNoQuestion.
func waysSchema(ways []string) []object {
	rules := []object{exactlyOne(ways)}
	for _, way := range ways {
		if way == "log" || way == "descriptor" {
			rules = append(rules, when(given(way), not(anyGiven(howToAsk))))
		}
	}
	return rules
}

// betweenKeys are the rules of an entry that a schema can say.
func betweenKeys() []object {
	scheduled, oneShot := object{"anyOf": []object{is("kind", "scheduled"), given("schedule")}}, is("kind", "one_shot")
	service := not(object{"anyOf": []object{scheduled, oneShot}})
	kinds := map[string]object{"service": service, "scheduled": scheduled, "one_shot": oneShot}
	rules := []object{
		exactlyOne([]string{"command", "shell"}),
		when(given("adopts"), not(anyGiven(ofTheRow))),
		when(object{"required": []string{"roles"}, "properties": object{"roles": object{"type": "array", "minItems": 1}}}, is("scope", "node")),
		when(scheduled, given("schedule")),
		when(given("schedule"), not(object{"anyOf": []object{is("kind", "service"), oneShot}})),
	}
	for _, one := range onlyFor {
		var allowed []object
		for _, kind := range strings.Split(one.kinds, " or ") {
			allowed = append(allowed, kinds[kind])
		}
		for _, key := range one.keys {
			rules = append(rules, when(given(key), object{"anyOf": allowed}))
		}
	}
	return rules
}
