// Writes the Unicode tables behind regular expressions, as Go's unicode package has them, for src/Cel/Regex/unicode.bin.
//
// Layout: a count of named tables, each with its name, a count of ranges and the ranges as unsigned varints (distance from the end of
// the last one, length less one); then a count of aliases, each with two names; then a count of case foldings, each with the distance
// from the last code point and the signed distance to the next one of its orbit. Names are length-prefixed.
package main

import (
	"bufio"
	"encoding/binary"
	"maps"
	"os"
	"slices"
	"unicode"
)

var out = bufio.NewWriter(os.Stdout)

func number(n int) { out.Write(binary.AppendUvarint(nil, uint64(n))) }

func name(s string) {
	number(len(s))
	out.WriteString(s)
}

func table(t *unicode.RangeTable) {
	var ranges [][2]int
	add := func(lo, hi, stride int) {
		for r := lo; r <= hi; r += stride {
			last := r
			if stride == 1 {
				last = hi
			}
			if n := len(ranges); n > 0 && ranges[n-1][1]+1 == r {
				ranges[n-1][1] = last
			} else {
				ranges = append(ranges, [2]int{r, last})
			}
			r = last
			if stride == 1 {
				break
			}
		}
	}
	for _, r := range t.R16 {
		add(int(r.Lo), int(r.Hi), int(r.Stride))
	}
	for _, r := range t.R32 {
		add(int(r.Lo), int(r.Hi), int(r.Stride))
	}
	number(len(ranges))
	end := 0
	for _, r := range ranges {
		number(r[0] - end)
		number(r[1] - r[0])
		end = r[1]
	}
}

func main() {
	defer out.Flush()
	all := maps.Clone(unicode.Scripts)
	maps.Copy(all, unicode.Categories)
	number(len(all))
	for _, n := range slices.Sorted(maps.Keys(all)) {
		name(n)
		table(all[n])
	}
	number(len(unicode.CategoryAliases))
	for _, n := range slices.Sorted(maps.Keys(unicode.CategoryAliases)) {
		name(n)
		name(unicode.CategoryAliases[n])
	}
	var folds []rune
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if unicode.SimpleFold(r) != r {
			folds = append(folds, r)
		}
	}
	number(len(folds))
	last := rune(0)
	for _, r := range folds {
		number(int(r - last))
		out.Write(binary.AppendVarint(nil, int64(unicode.SimpleFold(r)-r)))
		last = r
	}
}
