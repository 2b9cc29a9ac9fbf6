package nodes

import "runtime/debug"

// BuildVersion names the build of this process: the module's version, or the commit it was built from. It is empty
// where the build recorded neither.
func BuildVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	if version := build.Main.Version; version != "" && version != "(devel)" {
		return version
	}
	for _, setting := range build.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return ""
}
