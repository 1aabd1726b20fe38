-- The job of mapping/bench.yaml, written by hand: the connector that somebody makes with nginx and Lua.
local cjson = require "cjson.safe"

local TOKEN = "Bearer @API_TOKEN@"
local encode, find, format, random = cjson.encode, string.find, string.format, math.random

local function answer(status, body)
  local text = encode(body)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Content-Length"] = #text
  ngx.print(text)
  return ngx.exit(status)
end

local function refuse(status, message)
  ngx.var.outcome = "failed"
  return answer(status, { message = message, error = message })
end

-- The value of the first attribute of that name.
local function profile(policy, name)
  for _, attribute in ipairs(policy.attributes or {}) do
    if attribute.name == name then
      return attribute.value
    end
  end
end

if ngx.req.get_method() ~= "POST" then
  return answer(200, { status = "ok" })
end
if ngx.var.http_authorization ~= TOKEN then
  return refuse(401, "Unauthorized")
end
ngx.req.read_body()
local event = cjson.decode(ngx.req.get_body_data() or "")
if type(event) ~= "table" or type(event.data) ~= "table" or type(event.pb_data) ~= "table" then
  return refuse(400, "The request body is not an event")
end
ngx.var.event_id = event.event_id
ngx.var.event_type = event.data.event_type
if event.data.event_type ~= "SIM/Updated" then
  ngx.var.outcome = "ignored"
  return answer(200, { message = "Event ignored", event_id = event.event_id })
end

local account = event.pb_data.account_info or {}
local policy = event.pb_data.access_policy_info or {}
local imsi = (event.pb_data.sim_info or {}).imsi
local _, _, msisdn = find(account.id or "", "^(%d+)@msisdn$")
msisdn = msisdn or (find(account.id or "", "^%d+$") and account.id)
local bill_status = account.bill_status
local cs_profile, eps_profile = profile(policy, "cs_profile"), profile(policy, "eps_profile")
if not (imsi and msisdn and bill_status and cs_profile and eps_profile) then
  return refuse(422, "The event lacks what the mapping needs")
end

local reply = ngx.location.capture("/target/subscribers/" .. ngx.escape_uri(imsi), {
  method = ngx.HTTP_PUT,
  args = {
    trace = ngx.var.http_x_b3_traceid,
    unique = ngx.var.http_x_request_id,
    span = format("%08x%08x", random(0, 0x7fffffff), random(0, 0x7fffffff)),
  },
  body = '{"msisdn":' .. encode(msisdn) .. ',"status":' .. encode(bill_status)
    .. ',"cs_profile":' .. encode(cs_profile) .. ',"eps_profile":' .. encode(eps_profile)
    .. ',"action":"update"}',
})
if reply.status < 200 or reply.status > 299 then
  return refuse(502, "hss answered " .. reply.status)
end
local said = cjson.decode(reply.body)
if type(said) == "table" and said.result == false then
  return refuse(422, said.error)
end

ngx.header["x-b3-traceid"] = ngx.var.http_x_b3_traceid
ngx.header["x-request-id"] = ngx.var.http_x_request_id
ngx.var.outcome = "succeeded"
return answer(200, {
  message = "Event processed successfully",
  event_id = event.event_id,
  rules = { { mapping = "bench.yaml", rule = "update", outcome = "succeeded" } },
})
