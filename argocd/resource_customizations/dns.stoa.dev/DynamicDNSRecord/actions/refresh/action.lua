-- Asks for a reconcile now. Only a new value counts, so asking twice within a second is asking once.
local os = require("os")

-- The page offers this only while it makes sense, but does not check again when it is carried out.
if obj.spec ~= nil and obj.spec.suspend == true then
  return obj
end

if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["dns.stoa.dev/requestedAt"] = "argocd-" .. os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
