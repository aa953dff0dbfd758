package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"
)

const maxFile = 8 << 20 // bytes; 20,000 tags take half of it

// trouble says why a file cannot be used.
type trouble struct{ msg, fix string }

// readFile gives a file's text without a byte order mark. The hint is for a
// file that is not there.
func readFile(path, whenAbsent string) (string, *trouble) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return "", &trouble{"this is neither a file nor a folder", "name a plain file"}
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", &trouble{"there is no such file", whenAbsent}
	}
	if err != nil {
		return "", openTrouble(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return "", &trouble{"this is a folder, not a file", "name the file in it, for example recoup.yaml"}
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return "", openTrouble(err)
	}
	return text(data)
}

func openTrouble(err error) *trouble {
	if errors.Is(err, fs.ErrPermission) {
		return &trouble{"this user may not read the file", "give the user that runs recoup the right to read it"}
	}
	var in *fs.PathError
	if errors.As(err, &in) {
		err = in.Err
	}
	return &trouble{"the file cannot be read: " + err.Error(), "check the disk and the path"}
}

// text checks that data is what people can have written, and gives it with
// plain line ends.
func text(data []byte) (string, *trouble) {
	if len(data) > maxFile {
		return "", &trouble{"the file is larger than 8 MiB", "check that it is a configuration, not data"}
	}
	s := strings.TrimPrefix(string(data), "\uFEFF")
	switch {
	case strings.HasPrefix(s, "\xFF\xFE"), strings.HasPrefix(s, "\xFE\xFF"):
		return "", &trouble{"the file is written in UTF-16", "save it as UTF-8 (in Excel: CSV UTF-8)"}
	case !utf8.ValidString(s):
		return "", &trouble{"the file is not UTF-8 (GBK, perhaps)", "save it as UTF-8 (in Excel: CSV UTF-8)"}
	case strings.ContainsRune(s, 0):
		return "", &trouble{"the file holds zero bytes", "check the disk and restore the file from a copy"}
	case strings.TrimSpace(s) == "":
		return "", &trouble{"the file is empty", exampleFix}
	}
	// The YAML library miscounts lines that end as Windows ends them.
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), nil
}
