-- Refuses a tensor's shape that no question has: tritonserver makes room for what a shape says before it has read
-- the data, and ends where that is more than there can be. Questions have two dimensions, the first at most 64.
function envoy_on_request(handle)
  local body = handle:body()
  if body == nil then return end
  -- A name may be written by the numbers of its letters.
  local text = body:getBytes(0, body:length()):gsub("\\u00(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end)
  for shape in text:gmatch('"shape"%s*:%s*(%b[])') do
    local _, commas = shape:gsub(",", "")
    if commas > 1 or shape:find("%d%d%d%d") then
      handle:respond(
        {[":status"] = "400"},
        "a shape is larger than any question's: at most two dimensions, each below 1000")
      return
    end
  end
end

-- Triton says 500, a server's failure, of JSON that it cannot read: the caller's mistake is 400.
function envoy_on_response(handle)
  if handle:headers():get(":status") ~= "500" then return end
  local body = handle:body()
  if body == nil then return end
  local text = body:getBytes(0, body:length())
  if text:find('^{"error":"failed to parse the request JSON') or text:find('^{"error":"Unable to parse') then
    handle:headers():replace(":status", "400")
  end
end
