package heal

import "context"

// ReportClosed lets tests look when they want to.
func (g *Guard) ReportClosed(ctx context.Context) error { return g.reportClosed(ctx) }
