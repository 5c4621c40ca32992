// Command manifests reads what kustomize renders and what compose would read, strictly, into the types of their APIs: an unknown or
// misplaced key, a wrong type or an unknown kind is an error. Then it checks what a schema cannot say: names that refer to others, and
// the security settings that the wall depends on.
//
//	manifests kubernetes FILE...    manifests compose FILE...
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: manifests kubernetes|compose FILE...")
		os.Exit(2)
	}
	check := map[string]func([]string) error{"kubernetes": kubernetes, "compose": compose}[os.Args[1]]
	if check == nil {
		fmt.Fprintf(os.Stderr, "%q (expected: kubernetes or compose)\n", os.Args[1])
		os.Exit(2)
	}
	if err := check(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// What the parts of the gate's memory may take in the compose file, whose comment has the sum.
const heapMiB, buffersMiB, spoolMiB, jvmMiB, healthMiB = 256, 128, 192, 128, 64

func compose(files []string) error {
	options, err := cli.NewProjectOptions(files, cli.WithName("bottle"), cli.WithEnv([]string{"PIPELOCK_IMAGE=pipelock"}))
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	agent, egress := project.Services["agent"], project.Services["egress"]
	if len(agent.Networks) != 1 || agent.Networks["bottle"] == nil && !has(agent.Networks, "bottle") || !project.Networks["bottle"].Internal {
		return errors.New("the agent is on other networks than the internal one")
	}
	if pipelock, there := project.Services["pipelock"]; there {
		if len(pipelock.Networks) != 1 || !has(pipelock.Networks, "verdict") || !has(egress.Networks, "verdict") || !project.Networks["verdict"].Internal {
			return errors.New("pipelock is on other networks than the internal one that it shares with the gate")
		}
	}
	if limit, parts := int64(egress.MemLimit)>>20, int64(heapMiB+buffersMiB+spoolMiB+jvmMiB+healthMiB); limit < parts {
		return fmt.Errorf("the gate may use %d MiB and is allowed %d", parts, limit)
	}
	if !egress.ReadOnly || len(egress.CapDrop) != 1 || egress.Privileged || agent.Privileged {
		return errors.New("the gate's container may write, or has capabilities")
	}
	fmt.Printf("%v: %d services\n", files, len(project.Services))
	return nil
}

func has[V any](m map[string]V, key string) bool {
	_, there := m[key]
	return there
}

type named struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

type objects struct {
	volumes map[string]bool // "ConfigMap/name", "Secret/name"
	pods    []pod
	total   int
}

type pod struct {
	of   string
	spec core.PodSpec
}

func kubernetes(files []string) error {
	// What its operator makes, and not the manifests.
	all := objects{volumes: map[string]bool{"Secret/egress-ca": true, "Secret/egress-tokens": true, "ConfigMap/egress-ca-certificate": true}}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		reader := utilyaml.NewDocumentDecoder(io.NopCloser(bytes.NewReader(content)))
		buffer := make([]byte, 1<<20)
		for {
			n, err := reader.Read(buffer)
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			if err := all.add(bytes.Clone(buffer[:n])); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	for _, pod := range all.pods {
		if err := all.checkPod(pod); err != nil {
			return fmt.Errorf("%s: %w", pod.of, err)
		}
	}
	if all.total == 0 || len(all.pods) == 0 {
		return errors.New("no objects (expected: what kustomize renders)")
	}
	fmt.Printf("%v: %d objects, %d pods\n", files, all.total, len(all.pods))
	return nil
}

func (all *objects) add(document []byte) error {
	var head named
	if err := yaml.Unmarshal(document, &head); err != nil {
		return err
	}
	read := func(into any) error {
		content, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			return fmt.Errorf("%s: %w", head.Kind, err)
		}
		// Case matters, as to the API server.
		mistakes, err := json.UnmarshalStrict(content, into)
		if err := errors.Join(append(mistakes, err)...); err != nil {
			return fmt.Errorf("%s: %w", head.Kind, err)
		}
		return nil
	}
	all.total++
	switch head.APIVersion + " " + head.Kind {
	case "v1 ConfigMap":
		var it core.ConfigMap
		if err := read(&it); err != nil {
			return err
		}
		all.volumes["ConfigMap/"+it.Name] = true
	case "v1 Secret":
		var it core.Secret
		if err := read(&it); err != nil {
			return err
		}
		all.volumes["Secret/"+it.Name] = true
	case "v1 Service":
		return read(&core.Service{})
	case "v1 Pod":
		var it core.Pod
		if err := read(&it); err != nil {
			return err
		}
		all.pods = append(all.pods, pod{"Pod/" + it.Name, it.Spec})
	case "apps/v1 Deployment":
		var it apps.Deployment
		if err := read(&it); err != nil {
			return err
		}
		for key, value := range it.Spec.Selector.MatchLabels {
			if it.Spec.Template.Labels[key] != value {
				return fmt.Errorf("Deployment/%s: its selector does not select its pods", it.Name)
			}
		}
		all.pods = append(all.pods, pod{"Deployment/" + it.Name, it.Spec.Template.Spec})
	case "networking.k8s.io/v1 NetworkPolicy":
		return read(&networking.NetworkPolicy{})
	case "monitoring.coreos.com/v1 PodMonitor":
		return read(&monitoring.PodMonitor{})
	default:
		return fmt.Errorf("%s %s (expected: a kind that this knows)", head.APIVersion, head.Kind)
	}
	return nil
}

func (all *objects) checkPod(pod pod) error {
	volumes := map[string]bool{}
	for _, volume := range pod.spec.Volumes {
		volumes[volume.Name] = true
		if volume.ConfigMap != nil && !all.volumes["ConfigMap/"+volume.ConfigMap.Name] {
			return fmt.Errorf("volume %s: no ConfigMap %s", volume.Name, volume.ConfigMap.Name)
		}
		if volume.Secret != nil && !all.volumes["Secret/"+volume.Secret.SecretName] {
			return fmt.Errorf("volume %s: no Secret %s", volume.Name, volume.Secret.SecretName)
		}
	}
	for _, container := range append(pod.spec.InitContainers, pod.spec.Containers...) {
		if problems := validation.IsDNS1123Label(container.Name); len(problems) > 0 {
			return fmt.Errorf("%q: %v", container.Name, problems)
		}
		if err := checkContainer(container, volumes, pod.spec.SecurityContext); err != nil {
			return fmt.Errorf("container %s: %w", container.Name, err)
		}
	}
	return nil
}

func checkContainer(container core.Container, volumes map[string]bool, pod *core.PodSecurityContext) error {
	for _, mount := range container.VolumeMounts {
		if !volumes[mount.Name] {
			return fmt.Errorf("mounts %s, which is no volume", mount.Name)
		}
	}
	ports := map[string]bool{}
	for _, port := range container.Ports {
		ports[port.Name] = true
	}
	for _, probe := range []*core.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
		if probe != nil && probe.HTTPGet != nil && !ports[probe.HTTPGet.Port.StrVal] {
			return fmt.Errorf("a probe asks port %s, which it has not", probe.HTTPGet.Port.String())
		}
	}
	if container.Resources.Requests.Memory().IsZero() || container.Resources.Limits.Memory().IsZero() {
		return errors.New("requests or limits no memory")
	}
	security := container.SecurityContext
	if security == nil || security.AllowPrivilegeEscalation == nil || *security.AllowPrivilegeEscalation ||
		security.Capabilities == nil || len(security.Capabilities.Drop) != 1 || security.Capabilities.Drop[0] != "ALL" {
		return errors.New("may gain privileges (expected: none, and every capability dropped)")
	}
	if len(security.Capabilities.Add) > 0 && container.Name != "wall" {
		return fmt.Errorf("has capabilities: %v", security.Capabilities.Add)
	}
	user := security.RunAsUser
	if user == nil && pod != nil {
		user = pod.RunAsUser
	}
	want := map[string]int64{"egress": 1000, "agent": 1001, "wall": 0}[container.Name]
	if user == nil {
		return fmt.Errorf("does not say which user it runs as (expected: %d)", want)
	}
	if *user != want {
		return fmt.Errorf("runs as %d (expected: %d, because the wall tells them by it)", *user, want)
	}
	if container.Name == "egress" && (security.ReadOnlyRootFilesystem == nil || !*security.ReadOnlyRootFilesystem) {
		return errors.New("may write its root file system")
	}
	return nil
}
