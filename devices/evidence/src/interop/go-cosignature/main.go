// Judges the cosignature and policy vectors with transparency-dev/formats.
//
//	go run . VECTORS
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	fnote "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"
)

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*-cosignature-*.txt"))
	if err != nil {
		return err
	}
	agreed := 0
	for _, file := range files {
		fields, err := read(file)
		if err != nil {
			return err
		}
		seen, err := cosigned(fields)
		good := strings.HasPrefix(filepath.Base(file), "good-")
		if good && (err != nil || strings.Join(seen, ",") != strings.Join(fields["cosigned"], ",")) {
			// Two lines of one key: it shows the first, we the newest.
			if !strings.HasSuffix(file, "newest-of-one-key.txt") || err != nil {
				return fmt.Errorf("%s: %v, %v", file, seen, err)
			}
		}
		// What only we refuse: it takes a time of zero, type 1 keys for type 4, and does not compare a vkey's id.
		lenient := regexp.MustCompile("time-zero|time-beyond|key-of-type-1|key-id-of-type-1").MatchString(file)
		if !good && !lenient && err == nil {
			return fmt.Errorf("%s: accepted", file)
		}
		agreed++
	}
	policies, err := filepath.Glob(filepath.Join(folder, "good-policy-*.txt"))
	if err != nil {
		return err
	}
	for _, file := range policies {
		fields, err := read(file)
		if err != nil {
			return err
		}
		text, signed := unhex(fields["policy"][0]), unhex(fields["note"][0])
		// Ours alone; and it asks every witness for a URL.
		plain := regexp.MustCompile(`(?m)^waymark-survives .*$`).ReplaceAllString(text, "")
		plain = regexp.MustCompile(`(?m)^(witness\s+\S+\s+\S+)\s*$`).ReplaceAllString(plain, "$1 https://witness.example/")
		policy, err := witness.ParsePolicy([]byte(plain))
		if err != nil {
			return fmt.Errorf("%s: %v", file, err)
		}
		if policy.Satisfied([]byte(signed)) != (fields["judgement"][0] == "satisfied") {
			return fmt.Errorf("%s: judged otherwise", file)
		}
		agreed++
	}
	fmt.Printf("%d vectors judged the same\n", agreed)
	return nil
}

func cosigned(fields map[string][]string) ([]string, error) {
	log, err := note.NewVerifier(fields["vkey"][0])
	if err != nil {
		return nil, err
	}
	verifiers := []note.Verifier{log}
	types := map[string]string{}
	for _, vkey := range fields["witness"] {
		verifier, err := fnote.NewVerifierForCosignatureV1(vkey)
		if err != nil {
			return nil, err
		}
		verifiers = append(verifiers, verifier)
		types[verifier.Name()] = "ED25519"
		if len(vkey) > 1000 {
			types[verifier.Name()] = "ML_DSA_44"
		}
	}
	opened, err := note.Open([]byte(unhex(fields["note"][0])), note.VerifierList(verifiers...))
	if err != nil {
		return nil, err
	}
	times := map[string]string{}
	byLog := false
	for _, signature := range opened.Sigs {
		if signature.Name == log.Name() && signature.Hash == log.KeyHash() {
			byLog = true
			continue
		}
		at, err := fnote.CoSigV1Timestamp(signature)
		if err != nil {
			return nil, err
		}
		times[signature.Name] = fmt.Sprintf("%s %d %s", signature.Name, at.Unix(), types[signature.Name])
	}
	if !byLog {
		return nil, fmt.Errorf("not signed by the log")
	}
	var seen []string
	for _, verifier := range verifiers[1:] {
		if line, there := times[verifier.Name()]; there {
			seen = append(seen, line)
		}
	}
	return seen, nil
}

func unhex(text string) string {
	bytes, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return string(bytes)
}

func read(file string) (map[string][]string, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer opened.Close()
	fields := map[string][]string{}
	lines := bufio.NewScanner(opened)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, there := strings.Cut(lines.Text(), ": ")
		if there {
			fields[name] = append(fields[name], value)
		}
	}
	return fields, lines.Err()
}
