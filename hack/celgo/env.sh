# Go and cel-go as Debian packages them, from the cache of the local control plane. Sourced by the scripts here.
root=${OMNISCALE_CELGO_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/omniscale/controlplane/root}
if [ ! -x "$root/usr/lib/go-1.27/bin/go" ]; then
    echo "no Go in $root: run hack/controlplane/build.sh first, or set OMNISCALE_CELGO_ROOT" >&2
    exit 1
fi
celgo=${XDG_CACHE_HOME:-$HOME/.cache}/omniscale/celgo
mkdir -p "$celgo/src"
export GOROOT=$root/usr/lib/go-1.27 GOPATH=$celgo:$root/usr/share/gocode GO111MODULE=off GOFLAGS= GOTOOLCHAIN=local CGO_ENABLED=0 GOCACHE=$celgo/gocache
export PATH=$GOROOT/bin:$PATH
