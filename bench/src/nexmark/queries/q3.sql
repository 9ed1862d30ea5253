-- Local item suggestion: who sells in a category, in some states.
SELECT p.name, p.city, p.state, a.id
FROM nexmark.auction a
JOIN nexmark.person p ON a.seller = p.id
WHERE a.category = 10 AND p.state IN ('OR', 'ID', 'CA')
