#!/bin/sh
# 算选采集脚本：在客户机器上记录一次运行时的负载与环境，打成一个压缩包。
# SuanXuan capture script: records the load and the environment of one run, and packs them into one archive.
#
#   sh suanxuan-capture.sh [-t 10m] [-i 1] [-o 目录 DIR] [-n 主机代号 NAME] [-p python3]
#     -t  时长 duration: 90s, 10m, 2h; 只写数字为分钟 a bare number is minutes (10m)
#     -i  采样间隔，整秒 interval in whole seconds (1)
#     -o  压缩包写到哪里 where the archive goes (当前目录 the current folder)
#     -n  用代号代替主机名 written instead of the host name
#     -p  查框架版本用的 Python，例如训练环境里的 the Python whose packages are listed, such as that of the training
#
# 给安全人员 For the security officer:
#   - 只读：/proc、/sys、/etc/os-release 与各厂商的查询命令；只写 -o 目录下的一个文件夹，打包后删除。
#     Reads /proc, /sys, /etc/os-release and the vendors' query commands; writes one folder below -o, deleted once it is packed.
#   - 不需要 root，不联网，不装东西，不改设置。 No root, no network, nothing installed, no setting changed.
#   - 不记录：用户名、IP、进程与命令行、环境变量、文件名、数据。
#     Not recorded: user names, addresses, processes and command lines, environment variables, file names, data.
#   - 结果都是文本，外发前可以逐个打开看。 Everything it writes is text; open it before it leaves the house.

LC_ALL=C
export LC_ALL
umask 077

duration=10m interval=1 out=. name='' python=python3
while getopts t:i:o:n:p:h option; do
  case $option in
    t) duration=$OPTARG ;;
    i) interval=$OPTARG ;;
    o) out=$OPTARG ;;
    n) name=$OPTARG ;;
    p) python=$OPTARG ;;
    *) sed -n '2,20p' "$0"; exit 2 ;;
  esac
done

fail() { echo "error: $*" >&2; exit 2; }
whole() { case $1 in '' | *[!0-9]*) return 1 ;; *) [ "$1" -gt 0 ] ;; esac; }
has() { command -v "$1" >/dev/null 2>&1; }

case $duration in
  *s) seconds=${duration%s} unit=1 ;;
  *m) seconds=${duration%m} unit=60 ;;
  *h) seconds=${duration%h} unit=3600 ;;
  *) seconds=$duration unit=60 ;;
esac
whole "$seconds" || fail "-t $duration: 90s, 10m, 2h"
whole "$interval" || fail "-i $interval: 1, 2, 5 …"
seconds=$((seconds * unit))
if ! [ -d "$out" ] || ! [ -w "$out" ]; then fail "-o $out: 目录不存在或不可写 no such folder, or it cannot be written"; fi

[ -n "$name" ] || name=$(uname -n)
name=$(printf '%s' "$name" | tr -c 'A-Za-z0-9._-' '_')
title=suanxuan-capture-$name-$(date +%Y%m%dT%H%M%S)
work=$out/$title
mkdir "$work" || exit 2
host=$work/host.log
tools=''

# ---- 环境 the environment: "key = value", each once ----------------------------------------------------------------------------------

say() { [ -n "$2" ] && printf '%s = %s\n' "$1" "$2" >>"$host"; return 0; }
note() { printf 'note = %s\n' "$*" >>"$host"; echo "  $*"; }
first() { sed -n '1{s/^[[:space:]]*//;s/[[:space:]]*$//;p;q;}' "$1" 2>/dev/null; }          # first line of a file
version_in() { grep -E -m 1 -o '[0-9]+(\.[0-9]+)+[0-9A-Za-z.-]*' "$1" 2>/dev/null | head -n 1; }   # first version number in a file

describe_host() {
  say os "$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '"')"
  say kernel "$(uname -sr)"
  say cpu_arch "$(uname -m)"
  if has lscpu; then
    lscpu | sed -n -e 's/^Model name:[[:space:]]*/cpu = /p' -e 's/^Socket(s):[[:space:]]*/cpu_sockets = /p' \
      -e 's/^Core(s) per socket:[[:space:]]*/cores_per_socket = /p' -e 's/^CPU(s):[[:space:]]*/cpu_threads = /p' \
      -e 's/^NUMA node(s):[[:space:]]*/numa_nodes = /p' | sort -u -t= -k1,1 >>"$host"
  else
    say cpu "$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)"
  fi
  say memory_kib "$(sed -n 's/^MemTotal:[[:space:]]*\([0-9]*\).*/\1/p' /proc/meminfo 2>/dev/null)"
  say glibc "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
  say time_zone "$(date +%z)"
  if [ -e /.dockerenv ] || [ -e /run/.containerenv ]; then say container yes; fi
}

describe_devices() {
  for port in /sys/class/infiniband/*/ports/*; do
    [ -d "$port" ] || continue
    card=${port#/sys/class/infiniband/}
    say "nic.${card%%/*}:${port##*/}" "$(first "$port/link_layer"), $(first "$port/rate"), $(first "$port/state")"
  done
  for disk in /sys/block/*; do
    case ${disk##*/} in loop* | ram* | zram* | dm-* | md* | sr* | fd* | '*') continue ;; esac
    [ -r "$disk/size" ] && say "disk.${disk##*/}" "$(first "$disk/device/model") $(($(first "$disk/size") / 1953125)) GB"
  done
}

describe_software() {
  say driver "$(sed -n 's/^NVRM version:.*Kernel Module[^0-9]*\([0-9.]*\).*/\1/p' /proc/driver/nvidia/version 2>/dev/null)"
  has nvcc && say cuda "$(nvcc --version 2>/dev/null | sed -n 's/.*release \([0-9.]*\).*/\1/p')"
  has nvcc || say cuda "$(version_in /usr/local/cuda/version.json)"
  say driver "$(sed -n 's/^[Vv]ersion=//p' /usr/local/Ascend/driver/version.info 2>/dev/null | head -n 1)"
  say cann "$(sed -n 's/^version=//p' "/usr/local/Ascend/ascend-toolkit/latest/$(uname -m)-linux/ascend_toolkit_install.info" 2>/dev/null)"
  say rocm "$(version_in /opt/rocm/.info/version)"
  say dtk "$(version_in /opt/dtk/.info/version)"
  say musa "$(version_in /usr/local/musa/version.json)"
  say neuware "$(version_in /usr/local/neuware/version.txt)"
  has gcc && say gcc "$(gcc -dumpfullversion 2>/dev/null)"
  has mpirun && say mpi "$(mpirun --version 2>/dev/null | head -n 1)"
  has "$python" || return 0
  # 只读包的版本信息，不导入任何包 reads what is installed, imports none of it
  "$python" - >>"$host" 2>/dev/null <<'PYTHON'
import importlib.metadata as metadata, platform
print("python =", platform.python_version())
for name in ("torch", "torch_npu", "torch_musa", "tensorflow", "mindspore", "paddlepaddle", "paddlepaddle-gpu", "jax", "deepspeed",
             "megatron-core", "transformers", "accelerate", "peft", "llamafactory", "vllm", "sglang", "mindie", "tensorrt-llm",
             "flash-attn", "xformers", "triton", "apex", "numpy"):
    try:
        print("package.%s = %s" % (name, metadata.version(name)))
    except Exception:
        pass
PYTHON
}

# ---- 加速卡 the cards: one file per tool ---------------------------------------------------------------------------------------------

running='' # process ids of tools that write by themselves
moment() { date +%Y-%m-%dT%H:%M:%S%z; }
begins() { tools="$tools $1"; echo "  $1 → $2"; }

# 工具自己按间隔输出 a tool that writes at its own interval: watch FILE COMMAND…
watch() {
  file=$1; shift
  begins "$1" "$file"
  "$@" >"$work/$file" 2>"$work/$file.err" </dev/null &
  running="$running $!"
}

# 同上，工具不写时间，由脚本在每行前加 the same for a tool that writes no time: the script puts it before each line
watch_stamped() {
  file=$1; shift
  begins "$1" "$file"
  mkfifo "$work/$file.pipe" || return 0
  while IFS= read -r line; do printf '%s %s\n' "$(moment)" "$line"; done <"$work/$file.pipe" >"$work/$file" &
  has stdbuf && set -- stdbuf -oL "$@"
  "$@" >"$work/$file.pipe" 2>"$work/$file.err" </dev/null &
  running="$running $!"
}

# 反复调用，每次之前写一行时间 a tool that is called again and again, a line with the time before each: repeat FILE COMMAND…
repeat() {
  file=$1; shift
  begins "$1" "$file"
  while [ ! -e "$work/stop" ]; do
    moment
    "$@" 2>>"$work/$file.err" </dev/null
    sleep "$interval"
  done >"$work/$file" &
}

start_nvidia() {
  has nvidia-smi || return 0
  fields=timestamp,index,name,driver_version,utilization.gpu,utilization.memory,memory.used,memory.total,power.draw,temperature.gpu
  more=$fields,clocks.current.sm,clocks.current.memory,pcie.link.gen.max,pcie.link.width.max
  nvidia-smi --query-gpu="$more" --format=csv >/dev/null 2>&1 && fields=$more
  watch nvidia-smi.csv nvidia-smi --query-gpu="$fields" --format=csv -l "$interval"
  counters=1002,1004,1005,1006,1007,1008,1009,1010,1011,1012 # SM, tensor, DRAM, FP64, FP32, FP16, PCIe, NVLink
  if has dcgmi && dcgmi dmon -e "$counters" -c 1 >/dev/null 2>&1; then
    watch_stamped dcgmi-dmon.txt dcgmi dmon -e "$counters" -d $((interval * 1000))
    return 0
  fi
  has dcgmi && note "dcgmi: 计数器不可用，改用 nvidia-smi dmon the counters are not to be had, nvidia-smi dmon instead"
  gpm=2,5,10,11,12,13,60,61 # 2 SM, 5 tensor, 10 DRAM, 11-13 FP64 FP32 FP16, 60 61 NVLink
  if nvidia-smi dmon -c 1 -s t --gpm-metrics "$gpm" >/dev/null 2>&1; then
    watch nvidia-smi-dmon.txt nvidia-smi dmon -s t --gpm-metrics "$gpm" -o DT -d "$interval"
  else
    watch nvidia-smi-dmon.txt nvidia-smi dmon -s t -o DT -d "$interval"
  fi
}

start_others() {
  if has npu-smi; then
    { moment; npu-smi info; } >"$work/npu-smi-info.txt" 2>/dev/null
    watch_stamped npu-smi-watch.txt npu-smi info watch -d "$interval"
  fi
  if has amd-smi; then
    watch amd-smi.csv amd-smi metric --usage --mem-usage --power --temperature --clock --csv -w "$interval"
  elif has rocm-smi && ! has hy-smi; then
    repeat rocm-smi.txt rocm-smi --showproductname --showuse --showmemuse --showmeminfo vram --showpower --showtemp --showclocks --json
  fi
  has hl-smi && watch hl-smi.csv hl-smi -Q timestamp,index,name,utilization.aip,memory.used,memory.total,power.draw,temperature.aip \
    -f csv -l "$interval"
  if has xpu-smi; then
    if xpu-smi discovery >/dev/null 2>&1; then # Intel; 昆仑芯的同名命令没有这个子命令 Kunlun's command of that name has no such word
      watch xpu-smi.csv xpu-smi dump -d -1 -m 0,1,2,5,17,18,19,20 -i "$interval"
    else
      repeat xpu-smi.txt xpu-smi
    fi
  fi
  for tool in hy-smi mx-smi mthreads-gmi cnmon ixsmi; do
    has "$tool" && repeat "$tool.txt" "$tool"
  done
  return 0
}

# ---- 主机 the host: counters as the kernel tells them, one block per tick -----------------------------------------------------------

ports=''
for port in /sys/class/infiniband/*/ports/*/counters/port_rcv_data; do
  [ -r "$port" ] && ports="$ports ${port%/port_rcv_data}"
done

tick() {
  now=$(date +%s.%N)
  case $now in *[!0-9.]*) now=$(date +%s) ;; esac # BusyBox knows no %N
  echo "@ $now"
  grep -h -E '^(cpu |MemTotal:|MemAvailable:)' /proc/stat /proc/meminfo 2>/dev/null
  grep -v -E ' (loop|ram|zram|sr|fd)[0-9]+ ' /proc/diskstats 2>/dev/null
  grep ':' /proc/net/dev 2>/dev/null
  for counters in $ports; do # 单位 4 字节 in units of four octets
    card=${counters#/sys/class/infiniband/}
    port=${counters%/counters}
    echo "ib ${card%%/*}:${port##*/} $(first "$counters/port_rcv_data") $(first "$counters/port_xmit_data")"
  done
}

start_host() {
  if [ -r /proc/stat ]; then return 0; fi
  note "/proc 不可读 cannot be read"
  has iostat && watch iostat.txt env S_TIME_FORMAT=ISO iostat -x -t -k "$interval"
  return 0
}

# ---- 结束与打包 the end, and packing -------------------------------------------------------------------------------------------------

pack() { # 依次尝试 tries in turn: zip, python3, tar
  if has zip && (cd "$work" && zip -q -r "../$title.zip" .); then archive=$title.zip
  elif has python3 && (cd "$work" && python3 -m zipfile -c "../$title.zip" ./*) 2>/dev/null; then archive=$title.zip
  elif (cd "$work" && tar -cf - .) | gzip >"$out/$title.tar.gz"; then archive=$title.tar.gz
  else return 1
  fi
}

finish() {
  trap '' INT TERM HUP
  : >"$work/stop"
  # shellcheck disable=SC2086 # several numbers on purpose
  [ -n "$running" ] && kill $running 2>/dev/null
  wait
  rm -f "$work"/*.pipe "$work/stop"
  for errors in "$work"/*.err; do
    [ -s "$errors" ] && { said=${errors##*/}; note "${said%.err}: $(first "$errors")"; }
    rm -f "$errors"
  done
  find "$work" -type f -size 0 -exec rm -f {} +
  if pack; then
    rm -rf "$work"
    echo "完成 done: $out/$archive"
    if has sha256sum; then (cd "$out" && sha256sum "$archive"); fi
  else
    echo "没能打包，请发送整个文件夹 could not be packed, send the whole folder: $work" >&2
    exit 1
  fi
}

echo '# SuanXuan capture 1' >"$host"
say host "$name"
say interval_s "$interval"
echo "采集 recording: $seconds s, 间隔 every $interval s (Ctrl-C 提前结束并打包 ends early and packs)"
describe_host
describe_devices
describe_software
stopped=''
trap 'stopped=yes' INT TERM HUP
start_nvidia
start_others
start_host
[ -n "$tools" ] || note "没有找到加速卡的工具，只记录主机 no tool of an accelerator was found, the host alone is recorded"

end=$(($(date +%s) + seconds))
while [ -z "$stopped" ]; do
  tick >>"$host"
  [ "$(date +%s)" -lt "$end" ] || break
  sleep "$interval"
done
finish
