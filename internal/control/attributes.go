package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"github.com/ringrift/orchestrator/internal/pause"
	"github.com/ringrift/orchestrator/internal/spec"
)

// attributesTimeout is how long a namespace may take to accept queries over new attributes.
const attributesTimeout = 30 * time.Second

// searchAttributes are the custom attributes of the daemons' workflows, as the server's API names their types.
func searchAttributes() map[string]enumspb.IndexedValueType {
	types := map[spec.IndexType]enumspb.IndexedValueType{
		spec.IndexKeyword: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
		spec.IndexBool:    enumspb.INDEXED_VALUE_TYPE_BOOL,
	}
	attributes := map[string]enumspb.IndexedValueType{}
	for name, indexed := range spec.SearchAttributes() {
		attributes[name] = types[indexed]
	}
	return attributes
}

// EnsureSearchAttributes creates the search attributes that the namespace lacks and returns once it
// accepts them. An attribute that is there with another type is an error, since it cannot be changed.
func (c *Client) EnsureSearchAttributes(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attributesTimeout)
	defer cancel()
	const act = "create the search attributes"
	return c.call(ctx, act, func(ctx context.Context) error {
		missing, err := c.missingAttributes(ctx)
		if err != nil || len(missing) == 0 {
			return err
		}
		_, err = c.temporal.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: c.options.Namespace, SearchAttributes: missing,
		})
		var exists *serviceerror.AlreadyExists // another starter was quicker
		if err != nil && !errors.As(err, &exists) {
			return err
		}
		return c.awaitAttributes(ctx)
	})
}

func (c *Client) missingAttributes(ctx context.Context) (map[string]enumspb.IndexedValueType, error) {
	response, err := c.temporal.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{
		Namespace: c.options.Namespace,
	})
	if err != nil {
		return nil, err
	}
	missing := map[string]enumspb.IndexedValueType{}
	for name, want := range searchAttributes() {
		have, found := response.GetCustomAttributes()[name]
		if found && have != want {
			return nil, fmt.Errorf("search attribute %s of namespace %q has type %s, not %s: remove it with `temporal operator search-attribute remove --name %s`",
				name, c.options.Namespace, have, want, name)
		}
		if !found {
			missing[name] = want
		}
	}
	return missing, nil
}

// awaitAttributes waits until a query may use them: the server's parts learn of them one by one.
func (c *Client) awaitAttributes(ctx context.Context) error {
	query := fmt.Sprintf("%s = '' AND %s = '' AND %s = '' AND %s = '' AND %s = true",
		spec.AttributeType, spec.AttributeCategory, spec.AttributePhase, spec.AttributeNode, spec.AttributeCritical)
	for {
		_, err := c.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: c.options.Namespace, Query: query,
		})
		var unknown *serviceerror.InvalidArgument
		if err == nil || !errors.As(err, &unknown) {
			return err
		}
		if !pause.For(ctx, pollInterval) {
			return err
		}
	}
}
