package pipeline

// Current asks for the settings that hold now. Where nobody gives any they are zero, which stands for the defaults.
func Current[T any](source func() T) (settings T) {
	if source != nil {
		settings = source()
	}
	return settings
}
