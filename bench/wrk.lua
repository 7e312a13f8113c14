-- Reports as one line of JSON. With EXPECTED set, counts the answers of another status, which costs the load generator
-- much, so only the warm-up does it.
local threads = {}
function setup(thread) table.insert(threads, thread) end

local expected = tonumber(os.getenv('EXPECTED') or '')
unexpected = 0
if expected then
  response = function(status) if status ~= expected then unexpected = unexpected + 1 end end
end

-- With PAUSE_MS set, each connection pauses so long on average after an answer, each time differently, so that they do not ask together.
local pause = tonumber(os.getenv('PAUSE_MS') or '')
if pause then
  delay = function() return math.random(0, 2 * pause) end
end

-- With PATHS set, asks for the paths of that file in turn, each request made before the load begins.
local paths = os.getenv('PATHS')
if paths then
  local requests, at = {}, 0
  init = function()
    for path in io.lines(paths) do table.insert(requests, wrk.format('GET', path)) end
  end
  request = function()
    at = at % #requests + 1
    return requests[at]
  end
end

function done(summary, latency)
  local others = 0
  for _, thread in ipairs(threads) do others = others + (thread:get('unexpected') or 0) end
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"requests":%d,"microseconds":%d,"bytes":%d,"unexpected":%d,"failures":%d,"p50":%d,"p90":%d,"p99":%d}\n',
    summary.requests, summary.duration, summary.bytes, others,
    errors.connect + errors.read + errors.write + errors.timeout + errors.status,
    latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
