package ledger

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// timeColumn reads a time that is stored as microseconds since 1970; NULL is the zero time.
type timeColumn struct{ into *time.Time }

func at(into *time.Time) timeColumn { return timeColumn{into} }

// Scan implements sql.Scanner.
func (c timeColumn) Scan(value any) error {
	var stored sql.NullInt64
	if err := stored.Scan(value); err != nil {
		return err
	}
	*c.into = time.Time{}
	if stored.Valid {
		*c.into = time.UnixMicro(stored.Int64).UTC()
	}
	return nil
}

// micros is how a time is stored; the zero time is NULL.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// jsonColumn reads a value that is stored as JSON.
type jsonColumn struct{ into any }

// Scan implements sql.Scanner.
func (c jsonColumn) Scan(value any) error {
	var text sql.NullString
	if err := text.Scan(value); err != nil {
		return err
	}
	if raw, ok := c.into.(*json.RawMessage); ok {
		*raw = nil
		if text.String != "" {
			*raw = json.RawMessage(text.String)
		}
		return nil
	}
	if err := json.Unmarshal([]byte(text.String), c.into); err != nil {
		return fmt.Errorf("read stored JSON: %w", err)
	}
	return nil
}

func fromJSON(into any) jsonColumn { return jsonColumn{into} }

// listColumn reads a list that is stored as JSON; an empty one is nil, as it is in a record that was never stored.
type listColumn struct{ into *[]string }

func list(into *[]string) listColumn { return listColumn{into} }

// Scan implements sql.Scanner.
func (c listColumn) Scan(value any) error {
	*c.into = nil
	err := jsonColumn{c.into}.Scan(value)
	if len(*c.into) == 0 {
		*c.into = nil
	}
	return err
}

// asJSON is how lists and records of this package are stored; none of them can fail to marshal.
func asJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return "null"
	}
	return string(data)
}

// sameJSON says whether two valid documents mean the same, however they are written. No document means null.
func sameJSON(a, b json.RawMessage) bool { return reflect.DeepEqual(meaning(a), meaning(b)) }

func meaning(document json.RawMessage) (value any) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber() // large numbers stay distinct
	if err := decoder.Decode(&value); err != nil {
		return nil // there is no document
	}
	return value
}

// texts is a list that is stored as [] when empty, never as null.
func texts(list []string) string {
	if len(list) == 0 {
		return "[]"
	}
	return asJSON(list)
}

func scanInt(r row) (n int64, err error) { return n, r.Scan(&n) }

func scanText(r row) (s string, err error) { return s, r.Scan(&s) }

func scanTime(r row) (t time.Time, err error) { return t, r.Scan(at(&t)) }

// cut shortens a text for people to what is stored of it.
func cut(s string) string {
	if len(s) > maxTextBytes {
		s = s[:maxTextBytes]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "?")
}
