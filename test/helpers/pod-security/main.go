// Reads objects of Kubernetes from standard input, as a JSON list, and prints what the "restricted" Pod Security Standard
// forbids of their pods, by the library that the API server itself admits pods with. It prints nothing where all is allowed.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type object struct {
	Kind     string
	Metadata metav1.ObjectMeta
	Spec     struct{ Template corev1.PodTemplateSpec }
}

func main() {
	var objects []object
	if err := json.NewDecoder(os.Stdin).Decode(&objects); err != nil {
		panic(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, one := range objects {
		pod := one.Spec.Template
		if len(pod.Spec.Containers) == 0 {
			fmt.Printf("%s %s: has no containers\n", one.Kind, one.Metadata.Name)
			continue
		}
		for _, result := range evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec) {
			if !result.Allowed {
				fmt.Printf("%s %s: %s (%s)\n", one.Kind, one.Metadata.Name, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	}
}
