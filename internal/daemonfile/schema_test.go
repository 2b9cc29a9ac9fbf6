package daemonfile_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/ringrift/orchestrator/internal/daemonfile"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(daemonfile.Schema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("daemons.schema.json", document))
	compiled, err := compiler.Compile("daemons.schema.json")
	require.NoError(t, err)
	return compiled
}

// value is a document as a validator of JSON sees it; false if YAML itself refuses it.
func value(t *testing.T, document []byte) (any, bool) {
	t.Helper()
	var read any
	if yaml.Unmarshal(document, &read) != nil {
		return nil, false
	}
	text, err := json.Marshal(read)
	require.NoError(t, err)
	again, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	return again, true
}

func TestSchemaTakesWhatIsRight(t *testing.T) {
	t.Parallel()
	everything, err := os.ReadFile("testdata/good/everything.yaml")
	require.NoError(t, err)
	file, err := daemonfile.Read("testdata/good/everything.yaml")
	require.NoError(t, err)
	for name, document := range map[string][]byte{"everything": everything, "canonical": []byte(file.Text()), "example": daemonfile.Example()} {
		read, right := value(t, document)
		require.True(t, right, name)
		require.NoError(t, schema(t).Validate(read), name)
	}
}

// The schema and the reader agree: every fault of the one is a fault of the other, at the same field. What only the
// reader can know is kept in testdata/beyond-schema.golden.
func TestSchemaRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/faults/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	compiled := schema(t)
	var beyond strings.Builder
	for _, path := range paths {
		document, err := os.ReadFile(path)
		require.NoError(t, err)
		read, right := value(t, document)
		if !right || read == nil {
			continue
		}
		var places []string
		if fault := compiled.Validate(read); fault != nil {
			places = leaves(fault.(*jsonschema.ValidationError))
		}
		faults := faultsOf(t, path)
		for _, fault := range faults {
			if fault.File == path && !slices.ContainsFunc(places, func(place string) bool { return about(plain(fault.Field), place) }) {
				beyond.WriteString(strings.ReplaceAll(fault.String(), "testdata/faults/", "") + "\n")
			}
		}
		for _, place := range places {
			found := slices.ContainsFunc(faults, func(fault daemonfile.Fault) bool { return about(plain(fault.Field), place) })
			require.True(t, found, "only the schema refuses %s of %s", place, path)
		}
	}
	golden(t, "testdata/beyond-schema.golden", beyond.String())
}

func faultsOf(t *testing.T, path string) []daemonfile.Fault {
	t.Helper()
	_, _, err := daemonfile.Load(registry(t), path)
	var faults *daemonfile.Faults
	require.ErrorAs(t, err, &faults)
	return faults.List
}

// anywhere stands for the place of a wrong name, which the validator does not tell.
const anywhere = "*"

// leaves are the fields that a schema refuses.
func leaves(fault *jsonschema.ValidationError) []string {
	at := strings.Join(fault.InstanceLocation, ".")
	if unknown, is := fault.ErrorKind.(*kind.AdditionalProperties); is {
		var list []string
		for _, name := range unknown.Properties {
			list = append(list, strings.TrimPrefix(at+"."+name, "."))
		}
		return list
	}
	if name, is := fault.ErrorKind.(*kind.PropertyNames); is {
		return []string{anywhere + "." + name.Property}
	}
	if len(fault.Causes) == 0 && strings.Contains(fault.SchemaURL, "/allOf/") { // a rule between keys
		return []string{strings.Join(fault.InstanceLocation[:2], ".")}
	}
	if len(fault.Causes) == 0 {
		return []string{at}
	}
	var list []string
	for _, cause := range fault.Causes {
		list = append(list, leaves(cause)...)
	}
	return list
}

// plain is a fault's field as a schema names it.
func plain(field string) string {
	return strings.NewReplacer(`"`, "", "[", ".", "]", "").Replace(field)
}

// about says whether a fault of a field is what a schema says of a place: the same, a part of it, or the section or
// daemon that it is in, where a schema tells of rules between keys.
func about(field, place string) bool {
	if name, is := strings.CutPrefix(place, anywhere); is {
		short, isShort := strings.CutSuffix(strings.TrimPrefix(field, "daemons"), "…")
		return strings.HasSuffix(field, name) || isShort && strings.HasPrefix(name, short)
	}
	inside := func(inner, outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+".") }
	return inside(place, field) || inside(field, place) && (strings.Count(place, ".") >= 1 || !strings.Contains(field, "."))
}
