# Sourced by build.sh: compiles the Go program of server/ with the unpacked packages. A change here is a new build key.
# shellcheck shell=bash

# CGO_ENABLED=0 needs no C compiler and makes a static binary.
go_env() {
  GOROOT=$(echo "$root"/usr/lib/go-*)
  export GOROOT PATH=$GOROOT/bin:$PATH GOPATH=$cache/gopath:$root/usr/share/gocode GOCACHE=$cache/gocache
  export GO111MODULE=off GOFLAGS="" GOTOOLCHAIN=local CGO_ENABLED=0 GOENV=off GOTELEMETRY=off
}

# k8s.io/api has no generated OpenAPI. The machinery's packages are inputs too, else their types get other names.
generate_openapi() {
  rm -rf "$cache/gopath" &&
    mkdir -p "$cache/gopath/src/controlplane/openapi" &&
    cp "$here"/server/*.go "$cache/gopath/src/controlplane/" &&
    go build -v -o "$cache/gopath/openapi-gen" k8s.io/kube-openapi/cmd/openapi-gen &&
    "$cache/gopath/openapi-gen" --output-dir "$cache/gopath/src/controlplane/openapi" --output-pkg controlplane/openapi \
      --output-file zz_generated.openapi.go --report-filename /dev/null \
      k8s.io/api/{admissionregistration,apps,authentication,authorization,coordination,core,events,networking,policy,rbac}/v1 \
      k8s.io/apimachinery/pkg/{apis/meta/v1,api/resource,runtime,util/intstr} &&
    go list -deps controlplane | wc -l >"$cache/gopath/total"
}

link_server() {
  local version
  version=1.$(sed -nE 's/^golang-k8s-apiserver-dev 0\.([0-9.]+).*/\1/p' "$root/.versions")
  go build -v -o "$1" -ldflags "-s -w
    -X k8s.io/component-base/version.gitVersion=v$version
    -X k8s.io/component-base/version.gitMajor=1
    -X k8s.io/component-base/version.gitMinor=$(echo "$version" | cut -d . -f 2)" controlplane
}

# compile FOLDER: leaves kube-apiserver in the folder, which is there only when it is complete.
compile() {
  go_env
  so_far() { echo "$(grep -c . "$log") packages compiled"; }
  step "Generate" so_far generate_openapi || broken "The OpenAPI definitions could not be generated"
  mkdir -p "$cache/builds/.next"
  so_far_of_all() { echo "$(grep -c . "$log") of $(cat "$cache/gopath/total") packages compiled"; }
  step "Compile" so_far_of_all link_server "$cache/builds/.next/kube-apiserver" || broken "The API server could not be compiled"
  rm -rf "$1"
  mv -T "$cache/builds/.next" "$1"
}
