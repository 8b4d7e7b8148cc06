-- Health of a resource of dns.stoa.dev. Its status follows kstatus: observedGeneration says which spec it speaks of; Reconciling and
-- Stalled are there only while they are True, and never together. Messages are stable and stand alone.
-- Uses the base library only, which is what Argo CD opens for scripts from argocd-cm.

local function find_condition(conditions, wanted)
  for _, condition in ipairs(conditions) do
    if condition.type == wanted then
      return condition
    end
  end
  return nil
end

local function message_of(condition, fallback)
  if condition ~= nil then
    if condition.message ~= nil and condition.message ~= "" then
      return condition.message
    end
    if condition.reason ~= nil and condition.reason ~= "" then
      return condition.reason
    end
  end
  return fallback
end

local generation = 0
if obj.metadata ~= nil and obj.metadata.generation ~= nil then
  generation = obj.metadata.generation
end
local status = obj.status or {}
local conditions = status.conditions or {}

-- Before the generation: a controller that is stopped writes no status.
if obj.spec ~= nil and obj.spec.suspend == true then
  return { status = "Suspended", message = "spec.suspend is true, so nothing is changed" }
end

-- What the status says may be about an older spec. Less than, not different from: a status can be newer than the object in a cache.
if status.observedGeneration == nil or status.observedGeneration < generation then
  return { status = "Progressing", message = "Waiting for the controller to take up this version of the spec" }
end

local ready = find_condition(conditions, "Ready")
local stalled = find_condition(conditions, "Stalled")
if stalled ~= nil and stalled.status == "True" then
  return { status = "Degraded", message = message_of(stalled, message_of(ready, "A person has to act")) }
end

if ready == nil or (ready.observedGeneration or -1) < generation then
  return { status = "Progressing", message = "Waiting for the controller to say whether it is ready" }
end
if ready.status == "True" then
  return { status = "Healthy", message = message_of(ready, "All is as the spec wants it") }
end

local reconciling = find_condition(conditions, "Reconciling")
if ready.status == "Unknown" or (reconciling ~= nil and reconciling.status == "True") then
  return { status = "Progressing", message = message_of(ready, message_of(reconciling, "Work is under way")) }
end
return { status = "Degraded", message = message_of(ready, "Not ready") }
