#!/bin/sh
# Installs what is missing, says what it does in one line a step, and leaves alone what is there.
#   setup/install.sh database | python [test] | simulation | console | browser
# Works as root, as a user with password-less sudo, or tells which command an administrator has to run.
set -eu
cd "$(dirname "$0")/.."
VENV=${TWIN_VENV:-.venv}

say() { printf '%s\n' "• $*"; }
fail() { printf '%s\n' "✗ $*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  else return 1; fi
}

apt_install() {  # apt_install PURPOSE PACKAGE...
  purpose=$1; shift
  command -v apt-get >/dev/null 2>&1 || fail "缺少${purpose}：请先安装 / $purpose missing, please install: $*"
  say "安装${purpose} / installing $purpose: $*"
  log=$(mktemp)
  if as_root apt-get -qq update >"$log" 2>&1 \
     && as_root apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=400 "$@" >>"$log" 2>&1
  then rm -f "$log"; return 0; fi
  tail -n 5 "$log" >&2; rm -f "$log"
  fail "缺少${purpose}且无法安装，请管理员执行 / $purpose is missing and cannot be installed here, please run: sudo apt-get update && sudo apt-get install -y $*"
}

postgis_there() {
  for bin in /usr/lib/postgresql/*/bin "$(pg_config --bindir 2>/dev/null || true)"; do
    [ -x "$bin/initdb" ] || continue
    share=$("$bin/pg_config" --sharedir 2>/dev/null) || share=$(echo "$bin" | sed 's,^/usr/lib,/usr/share,; s,/bin$,,')
    [ -f "$share/extension/postgis.control" ] && return 0
  done
  return 1
}

database() {
  postgis_there && return 0
  command -v apt-get >/dev/null 2>&1 && as_root apt-get -qq update >/dev/null 2>&1 || true
  package=$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' 2>/dev/null | cut -d' ' -f1 | sort -V | tail -n 1)
  [ -n "$package" ] || package=postgresql-15-postgis-3
  # Debian's package would start a server of its own: the twin has a private one
  if [ ! -d /etc/postgresql ] && as_root mkdir -p /etc/postgresql-common/createcluster.d 2>/dev/null; then
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.d/twin.conf >/dev/null
  fi
  apt_install "PostGIS" "${package%-postgis-3}" "$package"
  as_root rm -f /etc/postgresql-common/createcluster.d/twin.conf 2>/dev/null || true
}

fit() { "$1" -c 'import sys; sys.exit(not (3, 12) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; }

find_python() {
  for name in ${TWIN_PYTHON:-} python3.12 python3.13 python3.14 python3 "$HOME"/.pyenv/versions/3.12.*/bin/python3 \
              "$HOME"/.pyenv/versions/3.13.*/bin/python3 "$HOME"/.pyenv/versions/3.14.*/bin/python3; do
    path=$(command -v "$name" 2>/dev/null) || continue
    if fit "$path"; then echo "$path"; return 0; fi
  done
  return 1
}

python() {
  lock=requirements.txt; [ "${1:-}" = test ] && lock=requirements-test.txt
  stamp="$VENV/.installed-$lock-$(cat "$lock" pyproject.toml | sha256sum | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  if [ ! -x "$VENV/bin/python" ] || ! fit "$VENV/bin/python"; then
    found=$(find_python) || {
      candidate=$(apt-cache policy python3 2>/dev/null | sed -n 's/.*Candidate: //p')
      case "$candidate" in
        3.1[2-4]*) apt_install "Python" python3 python3-venv; found=$(find_python) ;;
        *) fail "需要 Python 3.12 或更高版本（PATH 或 ~/.pyenv 中）/ Python >= 3.12 is needed on PATH or under pyenv, for example: pyenv install 3.12" ;;
      esac
    }
    "$found" -c 'import ensurepip' 2>/dev/null \
      || apt_install "Python venv" "python$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
    say "创建虚拟环境 / creating the virtual environment $VENV ($("$found" --version))"
    "$found" -m venv --clear "$VENV"
  fi
  say "安装锁定的依赖 / installing the locked dependencies ($lock)"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$lock"
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
  rm -f "$VENV"/.installed-"$lock"-*
  touch "$stamp"
  [ "$lock" = requirements.txt ] || { rm -f "$VENV"/.installed-requirements.txt-*
    touch "$VENV/.installed-requirements.txt-$(cat requirements.txt pyproject.toml | sha256sum | cut -c1-16)"; }
}

simulation() {  # SUMO's wheels draw windows, too, so they want the X libraries even where nobody looks
  missing=
  for pair in libGL.so.1:libgl1 libX11.so.6:libx11-6 libXext.so.6:libxext6 libXrender.so.1:libxrender1 libatomic.so.1:libatomic1; do
    /sbin/ldconfig -p 2>/dev/null | grep -q "${pair%%:*} " || missing="$missing ${pair#*:}"
  done
  [ -z "$missing" ] && return 0
  # shellcheck disable=SC2086
  ( apt_install "SUMO" $missing ) || say "没有这些库，交通微观仿真不可用 / without them SUMO cannot run; everything else can"
}

node_there() {
  command -v npm >/dev/null 2>&1 && node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 18 ? 0 : 1)' 2>/dev/null
}

console() {
  [ -f console/package.json ] || return 0
  stamp="console/dist/.built-$(find console -path console/node_modules -prune -o -path console/dist -prune -o -type f -print \
    | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c1-16)"
  [ -f "$stamp" ] && return 0
  node_there || apt_install "Node.js" nodejs npm
  say "构建控制台 / building the console"
  (cd console && npm ci --silent --no-audit --no-fund && npm run --silent build)
  rm -f console/dist/.built-*
  touch "$stamp"
}

browser() {
  for name in chromium chromium-browser google-chrome; do
    path=$(command -v "$name" 2>/dev/null) && ! grep -qs snap "$path" && { fonts; return 0; }
  done
  if apt-cache policy chromium 2>/dev/null | grep -q 'Candidate: [0-9]' && ! apt-cache show chromium 2>/dev/null | grep -qi snap; then
    apt_install "Chromium" chromium
  else
    say "没有可用的 Chromium，浏览器测试将跳过 / no Chromium package here: the browser tests will be skipped"
  fi
  fonts
}

fonts() {
  command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh 2>/dev/null)" ] && return 0
  apt_install "中文字体 (Chinese font)" fontconfig fonts-noto-cjk
}

[ $# -gt 0 ] || fail "用法 / usage: setup/install.sh database | python [test] | simulation | console | browser"
"$@"
