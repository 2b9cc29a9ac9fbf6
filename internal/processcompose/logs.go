package processcompose

// takeLogs takes how much of the output is kept.
func (p *process) takeLogs(about item) {
	for _, one := range about.children() {
		if one.name != "rotation" {
			p.missing(one, "output is kept line by line, each with its time: starter logs shows it")
			continue
		}
		for _, part := range one.children() {
			value, right := p.whole(part)
			switch {
			case part.name == "max_size_mb" && right && value > 0 && value < 1<<20:
				p.entry.set("log", "size", word(megabytes(value)), part)
				p.maps(part, "log.size")
			case part.name == "max_backups" && right && value > 0 && value < 1<<20:
				p.entry.set("log", "keep", number(value+1), part)
				p.maps(part, "log.keep, which counts the present one too")
			default:
				p.missing(part, "logs are bounded by log.size and log.keep, and kept by the worker")
			}
		}
	}
}
