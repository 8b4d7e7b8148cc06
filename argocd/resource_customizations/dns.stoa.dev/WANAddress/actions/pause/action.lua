-- Changes nothing at the provider until resumed. Git is not changed: where the manifest writes spec.suspend, the next sync puts that back.
if obj.spec == nil then
  obj.spec = {}
end
obj.spec.suspend = true
return obj
