// Says what cel-go makes of storage selectors. Reads JSON strings, one a line, and writes one JSON object a line.
// With -bench it prints what parsing, checking and evaluating each expression costs.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"cel.dev/cel-go/cel"
)

type storage struct {
	name, node, kind string
	available        uint64
}

var storages = []storage{
	{"local", "pve1", "dir", 68719476736},
	{"local-lvm", "pve1", "lvmthin", 429496729600},
	{"local-zfs", "pve2", "zfspool", 1099511627776},
	{"vm_ssd", "pve1", "rbd", 13194139533312},
	{"cephfs", "pve1", "cephfs", 13194139533313},
	{"nas-nfs", "pve2", "nfs", 0},
	{"pbs-backup", "pve1", "pbs", 5000000000000},
	{"SAN.lvm-01", "pve1", "lvm", 18446744073709551615},
}

func (s storage) vars() map[string]any {
	return map[string]any{"name": s.name, "node": s.node, "storageType": s.kind, "availableSpace": s.available}
}

type verdict struct {
	Expr     string   `json:"expr"`
	Compiles bool     `json:"compiles"`
	Error    string   `json:"error,omitempty"`
	Line     int      `json:"line,omitempty"`
	Column   int      `json:"column,omitempty"`
	Results  []string `json:"results,omitempty"`
}

func environment() *cel.Env {
	env, err := cel.NewEnv(
		cel.Variable("name", cel.StringType), cel.Variable("node", cel.StringType),
		cel.Variable("storageType", cel.StringType), cel.Variable("availableSpace", cel.UintType))
	if err != nil {
		panic(err)
	}
	return env
}

func judge(env *cel.Env, expr string) (v verdict) {
	v.Expr = expr
	defer func() {
		if r := recover(); r != nil {
			v.Compiles, v.Error = false, fmt.Sprint("panic: ", r)
		}
	}()
	ast, issues := env.Compile(expr)
	if issues.Err() != nil {
		// Printing sorts the errors.
		v.Error = issues.Err().Error()
		first := issues.Errors()[0]
		v.Line, v.Column = first.Location.Line(), first.Location.Column()+1
		return v
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		v.Error = fmt.Sprintf("expression output type is %v, expected bool", ast.OutputType())
		return v
	}
	v.Compiles = true
	program, err := env.Program(ast)
	for _, s := range storages {
		if err != nil {
			v.Results = append(v.Results, "error: "+err.Error())
			continue
		}
		out, _, evalErr := program.Eval(s.vars())
		if evalErr != nil {
			v.Results = append(v.Results, "error: "+evalErr.Error())
		} else {
			v.Results = append(v.Results, fmt.Sprint(out.Value()))
		}
	}
	return v
}

func bench(env *cel.Env, expr string) {
	compile := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, issues := env.Compile(expr); issues.Err() != nil {
				panic(issues.Err())
			}
		}
	})
	ast, _ := env.Compile(expr)
	program, err := env.Program(ast)
	if err != nil {
		panic(err)
	}
	vars := storages[3].vars()
	eval := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			program.Eval(vars)
		}
	})
	fmt.Printf("%d\t%d\t%s\n", compile.NsPerOp(), eval.NsPerOp(), strings.ReplaceAll(expr, "\n", " "))
}

func main() {
	measure := flag.Bool("bench", false, "print nanoseconds for compiling and for evaluating each expression")
	flag.Parse()
	env := environment()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for in.Scan() {
		var expr string
		if err := json.Unmarshal(in.Bytes(), &expr); err != nil {
			panic(err)
		}
		if *measure {
			bench(env, expr)
		} else if err := encoder.Encode(judge(env, expr)); err != nil {
			panic(err)
		}
	}
}
