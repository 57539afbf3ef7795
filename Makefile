.DEFAULT_GOAL := help
.PHONY: help build test demo demo-stop run manifests verify fmt lint controlplane bench chaos endurance

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## Build everything
	dotnet build OmniScale.sln

test: ## Run all tests; builds the control plane first, once
	@hack/test.sh

chaos: ## Run N (20) random sequences of edits, faults and kills; SEED=… is the first, and replays one without N
	@hack/chaos.sh "$(or $(N),$(if $(SEED),1,20))" "$(SEED)"

endurance: ## Live through ROUNDS (1000) of ten expired watches and a rotated Secret each, and hold memory against the beginning
	@hack/endurance.sh "$(or $(ROUNDS),1000)"

demo: ## Start a control plane, a simulated Omni and Proxmox, and the operator
	@hack/demo/demo.sh

demo-stop: ## End what `make demo` started
	@hack/demo/stop.sh

run: ## Run the operator against the cluster of the current kubeconfig
	dotnet run --project src/Operator

manifests: ## Generate config/crd, and the field tables in docs/spec
	dotnet run --project hack/crdgen -- config/crd docs/spec

verify: ## Check that generated files, lock files and formatting are up to date
	@hack/verify.sh

fmt: ## Format C# and Go
	@hack/lint.sh --fix

lint: ## Report what is not formatted, and shell script mistakes
	@hack/lint.sh

controlplane: ## Provide etcd, kube-apiserver and kubectl for tests and the demo
	@hack/controlplane/build.sh

bench: ## Measure the expression engine beside cel-go, and the operator under load; BENCH=cel or load for one, CLUSTERS=…
	@hack/controlplane/build.sh --quiet
	@case "$(BENCH)" in load) ;; *) bench/Cel/run.sh ;; esac
	@case "$(BENCH)" in cel) ;; *) bench/Load/run.sh --clusters "$(or $(CLUSTERS),1000)" ;; esac
