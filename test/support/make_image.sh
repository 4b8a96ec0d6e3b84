#!/bin/sh
# make_image.sh OUT.tar NAME:TAG [FILE...]: a Docker archive with one layer: busybox-static, a few
# applets, and the files given, in /bin. Needs no engine and no network.
set -eu
out=$1 name=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tree/bin" "$work/tree/etc" "$work/tree/tmp"
cp /bin/busybox "$work/tree/bin/busybox"
for applet in sh sleep echo cat httpd wget seq id kill; do
  ln -s busybox "$work/tree/bin/$applet"
done
for file in "$@"; do cp "$file" "$work/tree/bin/"; done
printf 'root:x:0:0:root:/:/bin/sh\nguest:x:1000:1000::/:/bin/sh\n' > "$work/tree/etc/passwd"
printf 'root:x:0:\nguest:x:1000:\n' > "$work/tree/etc/group"
tar -C "$work/tree" --owner=0 --group=0 --mtime=@0 --sort=name -cf "$work/layer.tar" .
layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
case $(uname -m) in aarch64) machine=arm64 ;; *) machine=amd64 ;; esac
cat > "$work/config.json" <<END
{"architecture": "$machine", "os": "linux",
 "config": {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]},
 "history": [{"created_by": "make_image"}]}
END
id=$(sha256sum "$work/config.json" | cut -d' ' -f1)
mv "$work/config.json" "$work/$id.json"
printf '[{"Config":"%s.json","RepoTags":["%s"],"Layers":["layer.tar"]}]' "$id" "$name" \
  > "$work/manifest.json"
tar -C "$work" -cf "$out" "$id.json" manifest.json layer.tar
