package workload

import "fmt"

// Rule names a rule of the contract that an attempt can break, for ever the same.
type Rule string

// The rules of a result, without which an attempt has not succeeded.
const (
	RuleResultMissing Rule = "result-missing" // code 0 or 31 without result.json
	RuleResultInvalid Rule = "result-invalid" // result.json is not what the contract says
	RuleResultForeign Rule = "result-foreign" // it names another job or attempt
	RuleResultStatus  Rule = "result-status"  // its status does not fit the exit code
	RuleOutputRole    Rule = "output-role"    // the file that the command is there for is not among the outputs
	RuleOutputMissing Rule = "output-missing" // a declared output is not there
	RuleOutputHash    Rule = "output-hash"    // a declared output has another hash or size
	RuleOutputEscape  Rule = "output-escape"  // a declared output lies outside the output folder
)

// The rules whose breach flags a workload, although the attempt may have succeeded.
const (
	RuleLines   Rule = "lines"   // standard output breaks the form of progress lines
	RuleOrphans Rule = "orphans" // processes were left behind when the command had ended
)

// Violation is one broken rule. Of a result's rules it is permanent: another attempt would break it again.
type Violation struct {
	Rule   Rule   `json:"rule"`
	Detail string `json:"detail"`
}

// Error tells the rule and how it was broken.
func (v *Violation) Error() string { return fmt.Sprintf("breaks %s: %s", v.Rule, v.Detail) }

// Violated tells of a broken rule.
func Violated(rule Rule, format string, arguments ...any) *Violation {
	return &Violation{Rule: rule, Detail: fmt.Sprintf(format, arguments...)}
}
