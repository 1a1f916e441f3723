-- A script for wrk with one thread: `wrk --threads 1 … --script load.lua URL -- FILE [PAUSE]`.
-- Sends the requests in FILE, separated by NUL, in turn. With PAUSE, each connection waits 0 to 2 × PAUSE ms before each request.
local requests, turn, thread = {}, 0, nil

-- Globals, because the main state reads them through the thread.
failed, failure = 0, ""

function setup(only) thread = only end

function init(args)
  for request in io.open(args[1], "rb"):read("*a"):gmatch("[^%z]+") do
    requests[#requests + 1] = request
  end
  local pause = tonumber(args[2])
  if pause then
    function delay() return math.random(0, 2 * pause) end
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function response(status, _, body)
  if status < 200 or status > 299 or body == "" or body:find('^{"error"') then
    failed = failed + 1
    failure = status .. " " .. body:sub(1, 500):gsub("%s+", " ")
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nREPORT {"requests":%d,"seconds":%f,"bytes":%d,"failed":%d,"broken":%d,"p50":%d,"p95":%d,"p99":%d}\n%s\n',
    summary.requests, summary.duration / 1e6, summary.bytes, thread:get("failed"), errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99), thread:get("failure")
  ))
end
