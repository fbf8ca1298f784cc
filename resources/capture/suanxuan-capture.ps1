# 算选采集脚本（Windows）：在客户机器上记录一次运行时的负载与环境，打成一个压缩包。
# SuanXuan capture script for Windows: records the load and the environment of one run, and packs them into one archive.
#
#   powershell -ExecutionPolicy Bypass -File suanxuan-capture.ps1 [-Minutes 10] [-Interval 1] [-Out DIR] [-Name NAME] [-Python python]
#
# 给安全人员 For the security officer:
#   - 只读系统计数器与厂商的查询命令；只写 -Out 目录下的一个文件夹，打包后删除。
#     Reads the system's counters and the vendor's query command; writes one folder below -Out, deleted once it is packed.
#   - 不需要管理员，不联网，不装东西，不改设置。 No administrator, no network, nothing installed, no setting changed.
#   - 不记录：用户名、IP、进程与命令行、环境变量、文件名、数据。
#     Not recorded: user names, addresses, processes and command lines, environment variables, file names, data.
#   - 结果都是文本，外发前可以逐个打开看。 Everything it writes is text; open it before it leaves the house.

param(
    [ValidateRange(0.05, 1440)] [double] $Minutes = 10,
    [ValidateRange(1, 3600)] [int] $Interval = 1,
    [string] $Out = '.',
    [string] $Name = $env:COMPUTERNAME,
    [string] $Python = 'python'
)

$ErrorActionPreference = 'Stop'
$plain = [System.Globalization.CultureInfo]::InvariantCulture
$utf8 = New-Object System.Text.UTF8Encoding($false)
$title = 'suanxuan-capture-' + ($Name -replace '[^A-Za-z0-9._-]', '_') + '-' + (Get-Date).ToString('yyyyMMddTHHmmss', $plain)
$folder = (Resolve-Path -LiteralPath $Out).Path
$work = Join-Path $folder $title
New-Item -ItemType Directory -Path $work | Out-Null
$hostLog = Join-Path $work 'host.log'

function Add-Line([string[]] $lines) { [System.IO.File]::AppendAllText($hostLog, (($lines -join "`n") + "`n"), $utf8) }
function Add-Fact([string] $key, $value) { if ("$value".Trim()) { Add-Line "$key = $("$value".Trim())" } }
function Format-Number([double] $value, [string] $form = '0.######') { $value.ToString($form, $plain) }

# ---- 环境 the environment: "key = value" -------------------------------------------------------------------------------------------

function Add-Environment {
    $system = Get-CimInstance Win32_OperatingSystem
    $processors = @(Get-CimInstance Win32_Processor)
    Add-Fact 'host' $Name
    Add-Fact 'interval_s' $Interval
    Add-Fact 'os' $system.Caption
    Add-Fact 'kernel' $system.Version
    Add-Fact 'cpu_arch' $(if ($env:PROCESSOR_ARCHITECTURE -eq 'ARM64') { 'aarch64' } else { 'x86_64' })
    Add-Fact 'cpu' $processors[0].Name
    Add-Fact 'cpu_sockets' $processors.Count
    Add-Fact 'cpu_threads' (($processors | Measure-Object NumberOfLogicalProcessors -Sum).Sum)
    Add-Fact 'memory_kib' $system.TotalVisibleMemorySize
    Add-Fact 'time_zone' ((Get-Date).ToString('zzz', $plain) -replace ':', '')
    foreach ($disk in Get-CimInstance Win32_DiskDrive) {
        Add-Fact "disk.$($disk.Index)" "$($disk.Model) $([math]::Round($disk.Size / 1e9)) GB"
    }
    if (Get-Command nvcc -ErrorAction SilentlyContinue) {
        $found = [regex]::Match((& nvcc --version | Out-String), 'release ([\d.]+)')
        if ($found.Success) { Add-Fact 'cuda' $found.Groups[1].Value }
    }
}

# 只读包的版本信息，不导入任何包 reads what is installed, imports none of it
function Add-Packages {
    if (-not (Get-Command $Python -ErrorAction SilentlyContinue)) { return }
    $names = 'torch torch_npu tensorflow mindspore paddlepaddle paddlepaddle-gpu jax deepspeed transformers accelerate peft llamafactory vllm ' +
        'sglang tensorrt-llm flash-attn xformers triton numpy'
    $code = "import importlib.metadata as m, platform`nprint('python =', platform.python_version())`nfor n in '$names'.split():`n" +
        "    try: print('package.%s = %s' % (n, m.version(n)))`n    except Exception: pass`n"
    try { Add-Line @($code | & $Python - 2>$null) } catch { Add-Fact 'note' "$Python did not answer" }
}

# ---- 加速卡 the cards ---------------------------------------------------------------------------------------------------------------

function Start-Cards {
    if (-not (Get-Command nvidia-smi -ErrorAction SilentlyContinue)) {
        Add-Fact 'note' '没有找到 nvidia-smi，只记录主机 nvidia-smi was not found, the host alone is recorded'
        return
    }
    $fields = 'timestamp,index,name,driver_version,utilization.gpu,utilization.memory,memory.used,memory.total,power.draw,temperature.gpu,' +
        'clocks.current.sm,clocks.current.memory,pcie.link.gen.max,pcie.link.width.max'
    Start-Process nvidia-smi -ArgumentList "--query-gpu=$fields", '--format=csv', '-l', $Interval -NoNewWindow -PassThru `
        -RedirectStandardOutput (Join-Path $work 'nvidia-smi.csv') -RedirectStandardError (Join-Path $work 'nvidia-smi.err')
    Start-Process nvidia-smi -ArgumentList 'dmon', '-s', 't', '-o', 'DT', '-d', $Interval -NoNewWindow -PassThru `
        -RedirectStandardOutput (Join-Path $work 'nvidia-smi-dmon.txt') -RedirectStandardError (Join-Path $work 'nvidia-smi-dmon.err')
}

# ---- 主机 the host: metrics as they are, one block per tick; by class, since the names of counters follow the language of Windows ------

function Add-Tick {
    $cpu = Get-CimInstance Win32_PerfFormattedData_PerfOS_Processor -Filter "Name='_Total'"
    $memory = Get-CimInstance Win32_OperatingSystem
    $disk = Get-CimInstance Win32_PerfFormattedData_PerfDisk_PhysicalDisk -Filter "Name='_Total'"
    $net = Get-CimInstance Win32_PerfFormattedData_Tcpip_NetworkInterface
    $now = ([DateTimeOffset]::UtcNow.ToUnixTimeMilliseconds()) / 1000
    $used = ($memory.TotalVisibleMemorySize - $memory.FreePhysicalMemory) / 1048576
    Add-Line @(
        "@ $(Format-Number $now '0.000')",
        "cpu_utilisation $(Format-Number ((100 - $cpu.PercentIdleTime) / 100))",
        "cpu_system $(Format-Number ($cpu.PercentPrivilegedTime / 100))",
        "host_memory_used_gib $(Format-Number $used)",
        "disk_read_gbs $(Format-Number ($disk.DiskReadBytesPersec / 1e9) '0.#########')",
        "disk_write_gbs $(Format-Number ($disk.DiskWriteBytesPersec / 1e9) '0.#########')",
        "net_rx_gbs $(Format-Number (($net | Measure-Object BytesReceivedPersec -Sum).Sum / 1e9) '0.#########')",
        "net_tx_gbs $(Format-Number (($net | Measure-Object BytesSentPersec -Sum).Sum / 1e9) '0.#########')"
    )
}

Add-Line '# SuanXuan capture 1'
Write-Host "采集 recording: $Minutes min, 间隔 every $Interval s (Ctrl-C 提前结束并打包 ends early and packs)"
Add-Environment
Add-Packages
$tools = @(Start-Cards)
try {
    $end = (Get-Date).AddMinutes($Minutes)
    while ((Get-Date) -lt $end) {
        Add-Tick
        Start-Sleep -Seconds $Interval
    }
} finally {
    $tools | Where-Object { $_ -and -not $_.HasExited } | Stop-Process -ErrorAction SilentlyContinue
    Start-Sleep -Milliseconds 500
    Get-ChildItem -LiteralPath $work -Filter *.err | ForEach-Object {
        $said = Get-Content -LiteralPath $_.FullName -TotalCount 1
        if ($said) { Add-Fact 'note' "$($_.BaseName): $said" }
        Remove-Item -LiteralPath $_.FullName
    }
    Get-ChildItem -LiteralPath $work -File | Where-Object { $_.Length -eq 0 } | Remove-Item
    $archive = Join-Path $folder "$title.zip"
    Compress-Archive -Path (Join-Path $work '*') -DestinationPath $archive
    Remove-Item -LiteralPath $work -Recurse
    Write-Host "完成 done: $archive"
    Write-Host (Get-FileHash -LiteralPath $archive -Algorithm SHA256).Hash
}
